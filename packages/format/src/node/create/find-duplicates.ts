import { createHash } from "node:crypto";

import { isSmall } from "../walk/read-small-file.js";
import type { FileColumns } from "../walk/file-columns.js";
import type { ContentRows } from "./content-rows.js";
import type { FinishedFile, LargeFile } from "./large-file.js";

/** A large file whose content another row has. */
export interface Duplicate {
  readonly of: number;
  readonly content: FinishedFile;
}

/** Finds large files whose content is stored already. */
export interface DuplicateFinder {
  /** Reads the file of a row whole only when a few samples say that its content is known. */
  find(
    row: number,
    open: () => Promise<LargeFile>,
    signal: AbortSignal | undefined,
  ): Promise<Duplicate | undefined>;
  /** The content of this row is stored. */
  add(row: number, hash: Uint8Array): void;
}

/** Bytes of a file that are looked at without reading all of it. */
export const sampleBytes: number = 64 * 1024;

/**
 * Finds large files with equal content before their bytes are written: a small file's hash is known with its bytes, a
 * large one's only after them. Almost all are ruled out by their size, the others by samples; what is equal, `contents`
 * says.
 */
export function createDuplicateFinder(files: FileColumns, contents: ContentRows): DuplicateFinder {
  const sizes = new Map<number, number>();
  for (const size of files.sizes.subarray(0, files.paths.length))
    if (!isSmall(size)) sizes.set(size, (sizes.get(size) ?? 0) + 1);
  const fingerprints = new Set<string>();
  const stored: number[] = [];
  return {
    async find(row, open, signal) {
      const size = files.sizes[row] ?? 0;
      if ((sizes.get(size) ?? 0) < 2) return undefined;
      const file = await open();
      try {
        const fingerprint = `${size}:${await fingerprintOf(file)}`;
        if (!fingerprints.has(fingerprint)) {
          fingerprints.add(fingerprint);
          return undefined;
        }
        await file.hashAll(signal);
        const digest = file.digest();
        contents.setHashes(row, digest.hash);
        const of = stored.find((known) => contents.areEqual(known, row));
        return of === undefined ? undefined : { of, content: { facts: file.facts, size: digest.size } };
      } finally {
        await file.close();
      }
    },
    add(row, hash) {
      contents.setHashes(row, hash);
      stored.push(row);
    },
  };
}

async function fingerprintOf(file: LargeFile): Promise<string> {
  const parts = [0, 0.5, 1].map((place) => Math.max(0, Math.floor((file.size - sampleBytes) * place)));
  const bytes = await Promise.all(parts.map((offset) => file.sample(offset, sampleBytes)));
  return createHash("sha256").update(Buffer.concat(bytes)).digest("base64");
}
