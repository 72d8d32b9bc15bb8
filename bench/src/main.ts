// Measures creating, extracting, opening and looking up, on generated corpora.
//   pnpm bench [--quick] [--json FILE] [name …]   names: small, large, index, cache
//   pnpm bench chunks [--megabytes N]             N: of the file that is extracted, 4096; needs three times as much room
// Work on files runs in processes of its own, so that time and memory are those of a fresh start. Medians.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { writeLargeCorpus, writeSmallCorpus } from "./corpus.js";
import { chunkTables } from "./chunk-tables.js";
import { measureCache } from "./measure-cache.js";
import type { ChunkFigures } from "./measure-chunks.js";
import { measureChunks } from "./measure-chunks.js";
import { measureIndex } from "./measure-index.js";
import { runMeasured } from "./measured-process.js";

interface Row {
  readonly name: string;
  /** Median. */
  readonly value: number;
  readonly unit: "s" | "ms" | "ns";
  readonly peakMegabytes?: number;
  /** Stored bytes to bytes of the files. */
  readonly ratio?: number;
  /** What the Go implementation takes for it on two cores, as far as it was measured. */
  readonly go?: string;
}

const { values, positionals } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "string" },
    megabytes: { type: "string" },
  },
  allowPositionals: true,
});
const runs = values.quick ? 1 : 5;
const rows: Row[] = [];
let chunks: ChunkFigures | undefined;
// Memory where there is some: the disk is not what is measured.
const parent = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const directory = await mkdtemp(path.join(parent, "blob-bench-"));

try {
  const small = path.join(directory, "small");
  const large = path.join(directory, "large");
  if (wants("small")) await writeSmallCorpus(small, values.quick ? 2000 : 20_000);
  if (wants("large")) await writeLargeCorpus(large, values.quick ? 1 : 4);
  const go = {
    "create small zstd": "1.18-1.41 s, 30 MB",
    "create small none": "0.57-0.61 s",
    "create large zstd": "2.6-2.8 s, 21 MB",
    "create large none": "0.82-0.92 s",
  } as const;
  for (const [corpus, source] of [
    ["small", small],
    ["large", large],
  ] as const) {
    if (!wants(corpus)) continue;
    for (const compression of ["zstd", "none"] as const) {
      const archive = path.join(directory, `${corpus}-${compression}`);
      const name = `create ${corpus} ${compression}` as const;
      await measureProcess(name, "create-once.js", () => [source, archive, compression], go[name]);
      const targets: string[] = [];
      await measureProcess(`extract ${corpus} ${compression}`, "extract-once.js", (run) => {
        targets.push(path.join(directory, `out-${String(run)}`));
        return [archive, targets.at(-1) ?? ""];
      });
      for (const target of targets) await rm(target, { recursive: true, force: true });
    }
  }
  if (wants("index")) {
    for (const entries of values.quick ? [20_000] : [20_000, 200_000]) {
      const { open, lookup } = await measureIndex(entries, runs);
      rows.push({ name: `open index of ${String(entries)}`, value: open, unit: "ms" });
      const goLookup = entries === 20_000 ? { go: "330 ns" } : {};
      rows.push({ name: `look up in ${String(entries)}`, value: lookup, unit: "ns", ...goLookup });
    }
  }
  if (wants("cache")) {
    const { blocks, content } = await measureCache(directory);
    rows.push({ name: "re-read 64 KiB, blocks", value: blocks, unit: "ms" });
    rows.push({ name: "re-read 64 KiB, content", value: content, unit: "ms" });
  }
  // Takes long, and a lot of memory: only when it is asked for.
  if (positionals.includes("chunks")) {
    const megabytes = Number(values.megabytes ?? (values.quick ? 128 : 4096));
    const corpusBytes = (values.quick ? 16 : 96) * 2 ** 20;
    chunks = await measureChunks({ directory, runs, corpusBytes, fileBytes: megabytes * 2 ** 20 });
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}

for (const row of rows) console.log(line(row));
if (chunks !== undefined) console.log(chunkTables(chunks));
if (values.json !== undefined) {
  const machine = { node: process.version, platform: `${process.platform} ${process.arch}` };
  await writeFile(values.json, `${JSON.stringify({ machine, runs, rows, chunks }, null, 2)}\n`);
}

function wants(name: string): boolean {
  return positionals.length === 0 || positionals.includes(name);
}

async function measureProcess(
  name: string,
  script: string,
  args: (run: number) => readonly string[],
  go?: string,
): Promise<void> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const measured = [];
  for (let run = 0; run < runs; run += 1) measured.push(await runMeasured(file, args(run)));
  const seconds = median(measured.map((one) => one.seconds));
  const peakMegabytes = median(measured.map((one) => one.peakBytes)) / 1e6;
  const ratio = Number(measured[0]?.stdout);
  rows.push({
    name,
    value: seconds,
    unit: "s",
    peakMegabytes,
    ...(Number.isFinite(ratio) && ratio > 0 ? { ratio } : {}),
    ...(go === undefined ? {} : { go }),
  });
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

function line({ name, value, unit, peakMegabytes, ratio, go }: Row): string {
  const columns = [
    name.padEnd(24),
    `${value.toFixed(unit === "ns" ? 0 : 2)} ${unit}`.padStart(10),
    (peakMegabytes === undefined ? "" : `${peakMegabytes.toFixed(0)} MB`).padStart(8),
    (ratio === undefined ? "" : `${(ratio * 100).toFixed(1)} %`).padStart(8),
    go === undefined ? "" : `  Go: ${go}`,
  ];
  return columns.join(" ").trimEnd();
}
