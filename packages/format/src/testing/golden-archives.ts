import { readdirSync, readFileSync } from "node:fs";

import type { Compression, Entry } from "../entry.js";

/** What the Go implementation says about an archive that it wrote. */
export interface GoldenArchive {
  readonly name: string;
  readonly index: Uint8Array;
  readonly data: Uint8Array;
  readonly dataHash: string;
  readonly dataSize: number;
  readonly entries: readonly Entry[];
}

interface ExpectedEntry {
  readonly path: string;
  readonly dataOffset: number;
  readonly dataSize: number;
  readonly originalSize: number;
  readonly sha256: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: string;
  readonly compression: Compression;
}

interface Expected {
  readonly dataHash: string;
  readonly dataSize: number;
  readonly entries: readonly ExpectedEntry[] | null;
}

const folder = new URL("../../fixtures/archives/", import.meta.url);

/** Archives that were written by the Go implementation, with what it says is in them. */
export const goldenArchives: readonly GoldenArchive[] = readdirSync(folder).map((name) => {
  const read = (file: string): Uint8Array => new Uint8Array(readFileSync(new URL(`${name}/${file}`, folder)));
  const expected = JSON.parse(new TextDecoder().decode(read("expected.json"))) as Expected;
  return {
    name,
    index: read("index.blob"),
    data: read("data.blob"),
    dataHash: expected.dataHash,
    dataSize: expected.dataSize,
    entries: (expected.entries ?? []).map((entry) => ({
      path: entry.path,
      size: entry.originalSize,
      hash: new Uint8Array(Buffer.from(entry.sha256, "hex")),
      mode: Number.parseInt(entry.mode, 8),
      uid: entry.uid,
      gid: entry.gid,
      mtimeNs: BigInt(entry.mtimeNs),
      compression: entry.compression,
      dataOffset: entry.dataOffset,
      storedSize: entry.dataSize,
    })),
  };
});
