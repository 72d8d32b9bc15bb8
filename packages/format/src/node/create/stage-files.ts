import type { SignalOptions } from "../../sources/byte-source.js";
import type { ZstdEncoder } from "../../zstd/codec.js";
import { cuttingOf } from "./chunk-sizes.js";
import type { Chunking, Cutting } from "./chunk-sizes.js";
import { cutParts } from "./cut-parts.js";
import type { FileBatch, PackedBatch } from "./file-batch.js";
import type { CompressStage } from "./compress-batch.js";
import type { ContentRows } from "./content-rows.js";
import { createDuplicateFinder, sampleBytes } from "./find-duplicates.js";
import type { DuplicateFinder } from "./find-duplicates.js";
import type { LargeFile, FinishedFile } from "./large-file.js";
import type { PartUse } from "./pack-part.js";
import type { Listing } from "./listing.js";
import { withFile } from "../zstd/frame-proof.js";
import { inOrder } from "@blob/core/concurrency";
import { isSmall, maxSmallFileBytes } from "../walk/read-small-file.js";
import type { ChangeDetection } from "../walk/read-small-file.js";
import type { FileColumns } from "../walk/file-columns.js";

/** The next piece of the archive, in the order of its data. Files are named by their rows. */
export type StagedPiece =
  /** Small files, from this row on. */
  | { readonly kind: "batch"; readonly row: number; readonly packed: PackedBatch }
  /** Stored bytes of a part of a large file, and the hashes of the chunks that are in it. */
  | {
      readonly kind: "part";
      readonly row: number;
      readonly bytes: Uint8Array;
      readonly size: number;
      readonly hashes: Uint8Array;
    }
  /** The end of a large file: its parts have been given. */
  | {
      readonly kind: "end";
      readonly row: number;
      readonly content: FinishedFile;
      readonly compressed: boolean;
      /** Nothing when nothing is said of its chunks. */
      readonly cutting: Cutting | undefined;
    }
  /** A large file whose content another one, which was finished before, has. */
  | {
      readonly kind: "duplicate";
      readonly row: number;
      readonly of: number;
      readonly content: FinishedFile;
    };

export interface StageOptions extends SignalOptions {
  readonly changeDetection: ChangeDetection;
  readonly deduplicate: boolean;
  readonly level: number;
  readonly chunking: Chunking;
  /** For the samples that decide whether a large file is compressed. */
  readonly encoder: ZstdEncoder | undefined;
}

/** A batch is one message to a worker: enough files that its cost does not matter, few enough to stay fluent. */
const maxBatchFiles = 128;
const maxBatchBytes = maxSmallFileBytes;

/**
 * Reads and compresses files with a stage, beginning with the first one that the listing has. The hashes of large files
 * are in `contents` before their pieces are given. Memory is bounded by the stage's width, whatever the files' sizes.
 */
export function stageFiles(
  listing: Listing,
  contents: ContentRows,
  stage: CompressStage,
  options: StageOptions,
): AsyncGenerator<StagedPiece, void, undefined> {
  return inOrder(tasksOf(listing, contents, stage, options), stage.width);
}

type Task = () => Promise<StagedPiece>;

async function* tasksOf(
  listing: Listing,
  contents: ContentRows,
  stage: CompressStage,
  options: StageOptions,
): AsyncGenerator<Task, void, undefined> {
  const { files } = listing;
  let duplicates: DuplicateFinder | undefined;
  for (let row = 0, end = 0; ; row = end) {
    await listing.until(row + maxBatchFiles);
    if (row === files.paths.length) return;
    options.signal?.throwIfAborted();
    end = endOfBatch(files, row);
    if (end > row) {
      const from = row;
      const batch = batchOf(listing, row, end);
      yield async () => ({ kind: "batch", row: from, packed: await stage.batch(batch) });
    } else {
      // Only all files together tell which large ones may be equal.
      duplicates ??= createDuplicateFinder((await listing.end()).files, contents);
      yield* largeFileTasks(listing, row, stage, options, duplicates);
      end = row + 1;
    }
  }
}

/** Small files from a row on, as many as make a batch: none when a large file is there. */
function endOfBatch({ paths, sizes }: FileColumns, row: number): number {
  const limit = Math.min(paths.length, row + maxBatchFiles);
  let bytes = 0;
  for (let end = row; end < limit; end++) {
    const size = sizes[end] ?? 0;
    bytes += size;
    if (!isSmall(size) || (bytes > maxBatchBytes && end > row)) return end;
  }
  return limit;
}

function batchOf({ files, contents }: Listing, from: number, to: number): FileBatch {
  return {
    paths: files.paths.slice(from, to),
    sizes: files.sizes.slice(from, to),
    compress: files.compress.slice(from, to),
    source: contents.pick(from, to),
  };
}

async function* largeFileTasks(
  { files, contents }: Listing,
  row: number,
  stage: CompressStage,
  options: StageOptions,
  duplicates: DuplicateFinder,
): AsyncGenerator<Task, void, undefined> {
  const path = files.paths[row] ?? "";
  const open = (): Promise<LargeFile> => contents.open(row, options.changeDetection);
  if (options.deduplicate) {
    const duplicate = await duplicates.find(row, open, options.signal);
    if (duplicate !== undefined) {
      yield () => Promise.resolve({ kind: "duplicate", row, ...duplicate });
      return;
    }
  }
  const reader = await open();
  try {
    const compressed =
      files.compress[row] === 1 && (await namingFile(path, () => isWorthCompressing(reader, options)));
    const cutting = cuttingOf(options.chunking, compressed);
    const byContent = cutting?.byContent === true;
    // This thread hashes all that is written. A thread that gets the same bytes hashes the file meanwhile.
    const fileHash = compressed ? undefined : stage.fileHash;
    const parts = reader.parts(fileHash && "elsewhere");
    let inFile: PartUse["inFile"] = fileHash && "first";
    for await (const part of byContent ? cutParts(parts, cutting.chunkBytes) : parts) {
      options.signal?.throwIfAborted();
      const use: PartUse = {
        compress: compressed,
        chunkBytes: byContent ? part.length : cutting?.chunkBytes,
        inFile,
      };
      if (fileHash !== undefined) inFile = "later";
      const size = part.length;
      yield async () => {
        if (!compressed && cutting === undefined && use.inFile === undefined) {
          return { kind: "part", row, size, bytes: part, hashes: new Uint8Array(0) };
        }
        const packed = await namingFile(path, () => stage.part(part, use));
        return { kind: "part", row, size, ...packed };
      };
    }
    const { hash: hashHere, size } = reader.digest();
    const hash = fileHash === undefined || size === 0 ? hashHere : await namingFile(path, fileHash);
    duplicates.add(row, hash);
    const content = { facts: reader.facts, size };
    yield () => Promise.resolve({ kind: "end", row, content, compressed, cutting });
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

/** So many samples are taken, evenly over the file: half a megabyte, or about 3 ms. */
const samples = 8;

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
