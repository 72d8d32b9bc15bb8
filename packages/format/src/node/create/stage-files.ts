import { createHash } from "node:crypto";

import type { SignalOptions } from "../../byte-source.js";
import type { ZstdEncoder } from "../../zstd/codec.js";
import type { FileBatch, PackedBatch } from "./compress-batch.js";
import type { CompressStage } from "./compress-stage.js";
import { withFile } from "../zstd/frame-proof.js";
import { inOrder } from "@blob/core/concurrency";
import { openLargeFile } from "./read-large-file.js";
import type { LargeFile } from "./read-large-file.js";
import { maxSmallFileBytes } from "../walk/read-small-file.js";
import type { ChangeDetection, FileFacts } from "../walk/read-small-file.js";
import { placeOf } from "../walk/found-files.js";
import type { FilePlace, FoundFiles } from "../walk/found-files.js";
import type { SourceRoot } from "../walk/source-directory.js";
import type { Listing } from "../walk/walk.js";

/** The next piece of the archive, in the order of its data. Files are named by their rows. */
export type StagedPiece =
  /** Small files, from this row on. */
  | { readonly kind: "batch"; readonly row: number; readonly packed: PackedBatch }
  /** Stored bytes of a part of a large file. */
  | { readonly kind: "part"; readonly row: number; readonly bytes: Uint8Array; readonly size: number }
  /** The end of a large file: its parts have been given. */
  | {
      readonly kind: "end";
      readonly row: number;
      readonly content: FinishedFile;
      readonly compressed: boolean;
    }
  /** A large file whose content an earlier large file with the same hash has. */
  | { readonly kind: "duplicate"; readonly row: number; readonly content: FinishedFile };

export interface FinishedFile {
  readonly facts: FileFacts;
  readonly size: number;
  readonly hash: Uint8Array;
}

export interface StageOptions extends SignalOptions {
  readonly shouldCompress: (path: string, size: number) => boolean;
  readonly changeDetection: ChangeDetection;
  readonly deduplicate: boolean;
  readonly level: number;
  /** For the samples that decide whether a large file is compressed. */
  readonly encoder: ZstdEncoder | undefined;
}

/** A batch is one message to a worker: enough files that its cost does not matter, few enough to stay fluent. */
const maxBatchFiles = 128;
const maxBatchBytes = maxSmallFileBytes;

/**
 * Reads and compresses files with a stage, beginning with the first one that the listing has. Says of each row, before
 * its piece is given, whether compressing it is worth a try. Memory is bounded by the stage's width, whatever the
 * files' sizes.
 */
export function stageFiles(
  listing: Listing,
  compress: boolean[],
  stage: CompressStage,
  options: StageOptions,
): AsyncGenerator<StagedPiece, void, undefined> {
  return inOrder(tasksOf(listing, compress, stage, options), stage.width);
}

type Task = () => Promise<StagedPiece>;

async function* tasksOf(
  listing: Listing,
  compress: boolean[],
  stage: CompressStage,
  options: StageOptions,
): AsyncGenerator<Task, void, undefined> {
  const { root, files } = listing;
  let duplicates: DuplicateFinder | undefined;
  for (let row = 0; ; row = compress.length) {
    await listing.until(row + maxBatchFiles);
    if (row === files.paths.length) return;
    options.signal?.throwIfAborted();
    const end = endOfBatch(files, row);
    for (let next = row; next < Math.max(end, row + 1); next++) {
      compress.push(options.shouldCompress(files.paths[next] ?? "", files.sizes[next] ?? 0));
    }
    if (end > row) {
      const batch = { root, ...batchOf(files, row, end), compress: compress.slice(row, end) };
      yield async () => ({ kind: "batch", row, packed: await stage.batch(batch) });
    } else {
      // Only all files together tell which large ones may be equal.
      duplicates ??= createDuplicateFinder((await listing.end()).files);
      const file = largeFileOf(root, files, row, compress[row] ?? false);
      yield* largeFileTasks(file, stage, options, duplicates);
    }
  }
}

function isLarge(size: number): boolean {
  return size > maxSmallFileBytes;
}

/** Small files from a row on, as many as make a batch: none when a large file is there. */
function endOfBatch({ paths, sizes }: FoundFiles, row: number): number {
  const limit = Math.min(paths.length, row + maxBatchFiles);
  let bytes = 0;
  for (let end = row; end < limit; end++) {
    const size = sizes[end] ?? 0;
    bytes += size;
    if (isLarge(size) || (bytes > maxBatchBytes && end > row)) return end;
  }
  return limit;
}

function batchOf(
  files: FoundFiles,
  from: number,
  to: number,
): Pick<FileBatch, "paths" | "directories" | "names" | "sizes"> {
  const names = new Map<number, string>();
  if (files.names.size > 0) {
    for (let row = from; row < to; row++) {
      const name = files.names.get(row);
      if (name !== undefined) names.set(row - from, name);
    }
  }
  return {
    paths: files.paths.slice(from, to),
    directories: files.directories.slice(from, to),
    names,
    sizes: files.sizes.slice(from, to),
  };
}

/** A large file, before it is opened. */
interface ListedFile {
  readonly row: number;
  readonly path: string;
  readonly place: FilePlace;
  readonly size: number;
  readonly compress: boolean;
}

function largeFileOf(root: SourceRoot, files: FoundFiles, row: number, compress: boolean): ListedFile {
  const place = placeOf(root, files, row);
  return { row, path: place.path, place, size: files.sizes[row] ?? 0, compress };
}

async function* largeFileTasks(
  file: ListedFile,
  stage: CompressStage,
  options: StageOptions,
  duplicates: DuplicateFinder,
): AsyncGenerator<Task, void, undefined> {
  const { row } = file;
  const open = (): Promise<LargeFile> => openLargeFile(file.place, options.changeDetection);
  if (options.deduplicate) {
    const content = await duplicates.find(file, open, options.signal);
    if (content !== undefined) {
      yield () => Promise.resolve({ kind: "duplicate", row, content });
      return;
    }
  }
  const reader = await open();
  try {
    const compressed =
      file.compress && (await namingFile(file.path, () => isWorthCompressing(reader, options)));
    for await (const chunk of reader.chunks()) {
      options.signal?.throwIfAborted();
      const size = chunk.length;
      yield async () => ({
        kind: "part",
        row,
        size,
        bytes: compressed ? await namingFile(file.path, () => stage.frame(chunk)) : chunk,
      });
    }
    const content = { facts: reader.facts, ...reader.digest() };
    duplicates.add(file, content.hash);
    yield () => Promise.resolve({ kind: "end", row, content, compressed });
  } finally {
    await reader.close();
  }
}

async function namingFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withFile(error, path);
  }
}

/** So many samples of this size are taken, evenly over the file: half a megabyte, or about 3 ms. */
const samples = 8;
const sampleBytes = 64 * 1024;

/**
 * Whether a large file is stored compressed. Its bytes leave before its end is known, so "not smaller than the file"
 * cannot be found out afterwards: it is compressed when any of a few samples shrinks by a tenth.
 */
async function isWorthCompressing(file: LargeFile, options: StageOptions): Promise<boolean> {
  if (options.encoder === undefined) return false;
  for (let index = 0; index < samples; index++) {
    const offset = Math.floor(((file.size - sampleBytes) * index) / (samples - 1));
    const sample = await file.sample(Math.max(0, offset), sampleBytes);
    if (options.encoder.compress(sample, options.level).length < 0.9 * sample.length) return true;
  }
  return false;
}

interface DuplicateFinder {
  /** The facts of a file whose content is known already. Reads it whole only when a few samples say that it is. */
  find(
    file: ListedFile,
    open: () => Promise<LargeFile>,
    signal: AbortSignal | undefined,
  ): Promise<FinishedFile | undefined>;
  add(file: ListedFile, hash: Uint8Array): void;
}

/** The key under which content is stored once: a file that is to be readable by range is not stored compressed. */
function contentKey(hash: Uint8Array, compress: boolean): string {
  return (compress ? "z" : "r") + Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString("latin1");
}

/**
 * Finds large files with equal content before their bytes are written: a small file's hash is known with its bytes, a
 * large one's only after them. Almost all are ruled out by their size, the others by samples.
 */
function createDuplicateFinder(files: FoundFiles): DuplicateFinder {
  const sizes = new Map<number, number>();
  for (const size of files.sizes.subarray(0, files.paths.length))
    if (isLarge(size)) sizes.set(size, (sizes.get(size) ?? 0) + 1);
  const fingerprints = new Set<string>();
  const known = new Set<string>();
  return {
    async find(file, open, signal) {
      if ((sizes.get(file.size) ?? 0) < 2) return undefined;
      const reader = await open();
      try {
        const fingerprint = `${file.size}:${await fingerprintOf(reader)}`;
        if (!fingerprints.has(fingerprint)) {
          fingerprints.add(fingerprint);
          return undefined;
        }
        await reader.hashAll(signal);
        const finished = { facts: reader.facts, ...reader.digest() };
        return known.has(contentKey(finished.hash, file.compress)) ? finished : undefined;
      } finally {
        await reader.close();
      }
    },
    add(file, hash) {
      known.add(contentKey(hash, file.compress));
    },
  };
}

async function fingerprintOf(file: LargeFile): Promise<string> {
  const parts = [0, 0.5, 1].map((place) => Math.max(0, Math.floor((file.size - sampleBytes) * place)));
  const bytes = await Promise.all(parts.map((offset) => file.sample(offset, sampleBytes)));
  return createHash("sha256").update(Buffer.concat(bytes)).digest("base64");
}
