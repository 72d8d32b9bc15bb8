import { createHash } from "node:crypto";
import type { Entry } from "@blob/format";
import { bufferSource, encodeIndex, openArchive } from "@blob/format";
import { median } from "./median.js";

/** Milliseconds to open a checked index of so many entries, nanoseconds to look one up: medians. */
export async function measureIndex(
  entries: number,
  runs: number,
): Promise<{ readonly open: number; readonly lookup: number }> {
  const paths = Array.from({ length: entries }, (_, at) => pathOf(at)).toSorted();
  const hash = createHash("sha256").digest();
  const index = encodeIndex({
    entries: paths.map((path): Entry => ({
      path,
      size: 0,
      hash,
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtimeNs: 1_700_000_000_000_000_000n,
      compression: "none",
      dataOffset: 0,
      storedSize: 0,
    })),
    dataSize: 0,
    dataHash: hash,
  });
  const data = bufferSource(new Uint8Array());
  const open: number[] = [];
  const lookup: number[] = [];
  for (let run = 0; run < runs + 2; run += 1) {
    const started = performance.now();
    const archive = openArchive(index, data);
    const opened = performance.now();
    open.push(opened - started);
    let found = 0;
    const lookups = 200_000;
    const before = performance.now();
    for (let at = 0; at < lookups; at += 1) {
      if (archive.entry(paths[(at * 7919) % entries] ?? "") !== undefined) found += 1;
    }
    lookup.push(((performance.now() - before) / lookups) * 1e6);
    if (found !== lookups) throw new Error("a path was not found");
  }
  return { open: median(open), lookup: median(lookup) };
}

function pathOf(at: number): string {
  return `src/module-${String(at % 500).padStart(3, "0")}/component/file-${String(at).padStart(6, "0")}.ts`;
}
