import { createHash, hash } from "node:crypto";
import { readSync } from "node:fs";

import { chunkError, chunkMismatch } from "../../reading/chunk-error.js";
import type { ZstdDecoder } from "../../zstd/codec.js";
import { fileSystemError } from "../files/file-system-error.js";
import { writePart } from "../files/temporary-file.js";
import type { AppendRegion, ChunkJob, ChunkResult, CopyChunk, HashRegion, WriteChunk } from "./chunk-job.js";
import type { DecodeScratch } from "../read/decode-scratch.js";
import type { OpenFile } from "./open-file.js";
import type { RunningHashes } from "./running-hashes.js";

/** Files are hashed in pieces of this size: most of them are still in the processor's cache when they are. */
const pieceBytes = 256 * 1024;

/** What a thread needs for its jobs. */
export interface ChunkTools {
  readonly decoder: ZstdDecoder;
  readonly scratch: DecodeScratch;
  readonly hashes: RunningHashes;
}

/** Does a job in one go: for workers. `HashMismatch`, `Decompression`, `SizeExceeded`, `FileSystem`. */
export function doChunkJob(job: ChunkJob, tools: ChunkTools): ChunkResult {
  switch (job.kind) {
    case "write":
      return writeChunk(job, tools);
    case "hash":
      return hashRegion(job, tools);
    case "copy":
      return copyChunk(job, tools);
    case "append":
      return appendRegion(job, tools);
    case "digest":
      return { hash: tools.hashes.digest(job.running) };
  }
}

function writeChunk(job: WriteChunk, tools: ChunkTools): ChunkResult {
  const { chunk, stored, isCompressed } = job;
  const content = isCompressed ? decode(job, tools) : stored;
  if (content.length !== chunk.size || hash("sha256", content, "hex") !== chunk.hash)
    throw chunkMismatch(chunk.path, chunk);
  writeTo(job, content);
  return { hash: chunk.hash };
}

function decode({ chunk, stored }: WriteChunk, { decoder, scratch }: ChunkTools): Uint8Array {
  try {
    return decoder.decompressInto === undefined
      ? decoder.decompress(stored, chunk)
      : decoder.decompressInto(scratch(chunk.size), stored, chunk);
  } catch (error) {
    throw chunkError(error, chunk, chunk);
  }
}

function hashRegion({ file, offset, size }: HashRegion, { scratch }: ChunkTools): ChunkResult {
  const hasher = createHash("sha256");
  for (let done = 0; done < size;) {
    const piece = readRegion(file, offset + done, scratch(Math.min(pieceBytes, size - done)));
    if (piece === undefined) return { hash: undefined };
    hasher.update(piece);
    done += piece.length;
  }
  return { hash: hasher.digest("hex") };
}

function appendRegion({ running, file, offset, size }: AppendRegion, tools: ChunkTools): ChunkResult {
  const hasher = tools.hashes.of(running);
  for (let done = 0; done < size;) {
    const piece = tools.scratch(Math.min(pieceBytes, size - done));
    piece.fill(0, readUntilEnd(file, offset + done, piece));
    hasher.update(piece);
    done += piece.length;
  }
  return { hash: undefined };
}

function copyChunk(job: CopyChunk, { scratch }: ChunkTools): ChunkResult {
  const { chunk, source, sourceOffset } = job;
  const content = readRegion(source, sourceOffset, scratch(chunk.size));
  if (content === undefined) return { hash: undefined };
  const found = hash("sha256", content, "hex");
  if (found === chunk.hash) writeTo(job, content);
  return { hash: found };
}

function writeTo({ chunk, target, isSparse }: WriteChunk | CopyChunk, content: Uint8Array): void {
  try {
    writePart(target.handle, chunk.offset, content, { isSparse });
  } catch (cause) {
    throw fileSystemError(cause, `write chunk ${chunk.index} of`, target.name);
  }
}

/** Fills the memory from a place of a file on; nothing when the file ends before it is full. */
function readRegion(file: OpenFile, offset: number, into: Uint8Array): Uint8Array | undefined {
  return readUntilEnd(file, offset, into) < into.length ? undefined : into;
}

/** Returns how many bytes there were. */
function readUntilEnd({ handle, name }: OpenFile, offset: number, into: Uint8Array): number {
  try {
    let done = 0;
    while (done < into.length) {
      const count = readSync(handle, into, done, into.length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  } catch (cause) {
    throw fileSystemError(cause, `read from byte ${offset} on of`, name);
  }
}
