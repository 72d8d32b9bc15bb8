import { hash } from "node:crypto";
import { readSync } from "node:fs";
import { nextTurn } from "@blob/core/concurrency";
import type { ZstdEncoder } from "../../zstd/codec.js";
import { withFile } from "../zstd/frame-proof.js";
import type { ChangeDetection, FileFacts } from "../walk/read-small-file.js";
import { maxSmallFileBytes, readSmallFile } from "../walk/read-small-file.js";
import { fileSystemError } from "../files/file-system-error.js";
import { nameOf } from "../walk/found-files.js";
import { SourceDirectories } from "../walk/source-directories.js";
import type {
  GivenSource,
  BatchFiles,
  BatchSource,
  FileBatch,
  BatchOptions,
  PackedBatch,
} from "./file-batch.js";
import { frameRoom } from "./compress-frame.js";
import { createPartPacker } from "./pack-part.js";
import type { PackedPart, PartUse } from "./pack-part.js";

/** Turns batches of small files into stored bytes, on whichever thread it was made. */
export type BatchCompressor = (batch: FileBatch) => PackedBatch;

/** Keeps its buffers, so that a batch allocates nothing but its result. */
export function createBatchCompressor(
  encoder: ZstdEncoder | undefined,
  options: BatchOptions,
): BatchCompressor {
  const scratch = new Uint8Array(maxSmallFileBytes + 1);
  let packed = new Uint8Array(0);

  function compressBatch({ paths, compress }: FileBatch, reader: BatchReader): PackedBatch {
    const hashes = Buffer.from(new ArrayBuffer(32 * paths.length));
    const sizes = new Float64Array(paths.length);
    const storedSizes = new Float64Array(paths.length);
    const compressed = new Uint8Array(paths.length);
    const facts = new Map<number, FileFacts>();
    let end = 0;
    for (let index = 0; index < paths.length; index++) {
      const path = paths[index] ?? "";
      const { content, facts: newFacts } = reader.read(index);
      const { length } = content;
      if (newFacts !== undefined) facts.set(index, newFacts);
      hashes.write(hash("sha256", content, "hex"), 32 * index, "hex");
      if (end + frameRoom(length) > packed.length) packed = enlarge(packed, end + frameRoom(length));
      const frameSize =
        encoder !== undefined && compress[index] === 1 && length > 0
          ? compressTo(packed.subarray(end), content, path, encoder, options.level)
          : undefined;
      const isSmaller = frameSize !== undefined && frameSize < length;
      if (!isSmaller) packed.set(content, end);
      const storedSize = isSmaller ? frameSize : length;
      end += storedSize;
      sizes[index] = length;
      storedSizes[index] = storedSize;
      compressed[index] = isSmaller ? 1 : 0;
    }
    return { bytes: packed.slice(0, end), hashes, sizes, storedSizes, compressed, facts };
  }

  return (batch) => {
    const reader = openBatchSource(batch.source, batch, scratch, options.changeDetection);
    try {
      const result = compressBatch(batch, reader);
      reader.check();
      return result;
    } finally {
      reader.close();
    }
  };
}

/** Returns the size of the frame, which is there when it is smaller than the content. */
function compressTo(
  target: Uint8Array,
  content: Uint8Array,
  path: string,
  encoder: ZstdEncoder,
  level: number,
): number {
  try {
    const written = encoder.compressInto?.(target, content, level);
    if (written !== undefined) return written;
    const frame = encoder.compress(content, level);
    if (frame.length < content.length) target.set(frame);
    return frame.length;
  } catch (error) {
    throw withFile(error, path);
  }
}

function enlarge(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(needed, 2 * bytes.length));
  larger.set(bytes);
  return larger;
}

/** What was read of a file. */
export interface ReadContent {
  /** May be overwritten by the next read. */
  readonly content: Uint8Array;
  /** When they are not, or may not be, as they were listed. */
  readonly facts: FileFacts | undefined;
}

/** Reads the files of a batch, in their order. */
export interface BatchReader {
  /** `FileChanged`, `FileSystem`. */
  read(index: number): ReadContent;
  /** Throws `FileChanged` when what was read may have been something else. To be called before it is used. */
  check(): void;
  close(): void;
}

/** Opens a source. Files are read into `scratch`, which is a byte longer than the largest small file. */
export function openBatchSource(
  source: BatchSource,
  files: BatchFiles,
  scratch: Uint8Array,
  changeDetection: ChangeDetection,
): BatchReader {
  const readFile = (location: string, index: number): ReadContent => {
    const [path, size] = [files.paths[index] ?? "", files.sizes[index] ?? 0];
    const { length, facts } = readSmallFile(location, path, size, scratch, changeDetection);
    return { content: scratch.subarray(0, length), facts };
  };
  if (source.kind === "given") {
    return {
      read: (index) => readGiven(source, files, index, scratch, readFile),
      check: () => undefined,
      close: () => undefined,
    };
  }
  const sources = new SourceDirectories(source.root);
  const named = { paths: files.paths, names: source.names };
  return {
    read(index) {
      const directory = source.directories[index];
      if (directory === undefined) throw new TypeError("A file of a batch has no directory");
      return readFile(sources.locate(directory, nameOf(named, index), files.paths[index] ?? ""), index);
    },
    check: () => sources.check(),
    close: () => sources.close(),
  };
}

function readGiven(
  { bytes, places }: GivenSource,
  { paths, sizes }: BatchFiles,
  index: number,
  scratch: Uint8Array,
  readFile: (location: string, index: number) => ReadContent,
): ReadContent {
  const place = places[index];
  const size = sizes[index] ?? 0;
  if (place === undefined) throw new TypeError("A file of a batch has no place");
  switch (place.kind) {
    case "bytes":
      return { content: bytes.subarray(place.from, place.from + size), facts: undefined };
    case "spool":
      readSpooled(place.handle, place.position, scratch.subarray(0, size), paths[index] ?? "");
      return { content: scratch.subarray(0, size), facts: undefined };
    case "file":
      return readFile(place.location, index);
    default:
      return place satisfies never;
  }
}

function readSpooled(handle: number, position: number, target: Uint8Array, path: string): void {
  try {
    for (let done = 0; done < target.length;) {
      const read = readSync(handle, target, done, target.length - done, position + done);
      if (read === 0) throw new Error("the temporary file is shorter than what was written to it");
      done += read;
    }
  } catch (cause) {
    throw fileSystemError(cause, "read what was kept of", path);
  }
}

/**
 * Where files become stored bytes: on this thread, or in workers. Both run the same code with the same codec, so
 * that an archive's bytes do not depend on the number of workers.
 */
export interface CompressStage {
  /** How many calls should be under way to keep it busy. Memory is proportional to it. */
  readonly width: number;
  /** Reads, hashes and compresses small files. */
  batch(batch: FileBatch): Promise<PackedBatch>;
  /** Hashes and compresses a part of a large file, which is the stage's from then on. */
  part(part: Uint8Array<ArrayBuffer>, use: PartUse): Promise<PackedPart>;
  /**
   * SHA-256 of the file whose parts were given last, with `inFile`. Only where all parts go to one other thread, which
   * sees them in their order while this one does something else.
   */
  readonly fileHash?: (() => Promise<Uint8Array>) | undefined;
  close(): Promise<void>;
}

/** Compresses on this thread, with a turn for other work of the process after each call. */
export function createInlineStage(encoder: ZstdEncoder | undefined, options: BatchOptions): CompressStage {
  const compressBatch = createBatchCompressor(encoder, options);
  const packer = createPartPacker(encoder, options.level);
  return {
    width: 1,
    async batch(batch) {
      await nextTurn();
      return compressBatch(batch);
    },
    async part(part, use) {
      await nextTurn();
      return packer.pack(part, use);
    },
    close: () => Promise.resolve(),
  };
}
