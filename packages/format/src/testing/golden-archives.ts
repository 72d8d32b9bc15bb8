import { readdirSync, readFileSync } from "node:fs";

import type { Compression, Entry } from "../entry.js";

/** An archive that was kept, with what whoever wrote it says of it. */
export interface GoldenArchive {
  readonly name: string;
  readonly index: Uint8Array;
  readonly data: Uint8Array;
  readonly dataHash: string;
  readonly dataSize: number;
  readonly entries: readonly Entry[];
  /** How files are cut, by their paths; `undefined` for archives of the Go implementation, which does not say it. */
  readonly chunks: Readonly<Record<string, unknown>> | undefined;
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
  readonly chunks?: Readonly<Record<string, unknown>>;
}

const folder = new URL("../../fixtures/archives/", import.meta.url);

/**
 * Archives that were written by the Go implementation, with what it says is in them, and `chunks-…` by this package when
 * it began to say how files are cut. What is there stays as it is: readers of all times have to read it.
 */
export const goldenArchives: readonly GoldenArchive[] = readdirSync(folder).map((name) => {
  const read = (file: string): Uint8Array => new Uint8Array(readFileSync(new URL(`${name}/${file}`, folder)));
  const expected = JSON.parse(new TextDecoder().decode(read("expected.json"))) as Expected;
  return {
    name,
    index: read("index.blob"),
    data: read("data.blob"),
    dataHash: expected.dataHash,
    dataSize: expected.dataSize,
    chunks: expected.chunks,
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
