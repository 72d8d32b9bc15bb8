import { createHash, hash } from "node:crypto";
import { readSync } from "node:fs";

import { chunkError, chunkMismatch } from "../../reading/chunk-error.js";
import type { ZstdDecoder } from "../../zstd/codec.js";
import { fileSystemError } from "../files/file-system-error.js";
import { writePart } from "../files/temporary-file.js";
import type { ChunkJob, ChunkResult, CopyChunk, HashRegion, WriteChunk } from "./chunk-job.js";
import type { OpenFile } from "./open-file.js";

/** What is hashed without being kept is read in pieces of this size. */
const pieceBytes = 1024 * 1024;

/** Does a job in one go: for workers. `HashMismatch`, `Decompression`, `SizeExceeded`, `FileSystem`. */
export function doChunkJob(job: ChunkJob, decoder: ZstdDecoder): ChunkResult {
  switch (job.kind) {
    case "write":
      return writeChunk(job, decoder);
    case "hash":
      return hashRegion(job);
    case "copy":
      return copyChunk(job);
  }
}

function writeChunk(job: WriteChunk, decoder: ZstdDecoder): ChunkResult {
  const { chunk, stored, isCompressed } = job;
  let content: Uint8Array = stored;
  if (isCompressed) {
    try {
      content = decoder.decompress(stored, chunk);
    } catch (error) {
      throw chunkError(error, chunk, chunk);
    }
  }
  if (content.length !== chunk.size || hash("sha256", content, "hex") !== chunk.hash)
    throw chunkMismatch(chunk.path, chunk);
  writeTo(job, content);
  return { hash: chunk.hash, content: ownMemory(content) };
}

function hashRegion({ file, offset, size, wantsContent }: HashRegion): ChunkResult {
  if (wantsContent) {
    const content = readRegion(file, offset, new Uint8Array(size));
    return { hash: content === undefined ? undefined : hash("sha256", content, "hex"), content };
  }
  const hasher = createHash("sha256");
  for (let done = 0; done < size;) {
    const piece = readRegion(file, offset + done, scratchOf(Math.min(pieceBytes, size - done)));
    if (piece === undefined) return { hash: undefined, content: undefined };
    hasher.update(piece);
    done += piece.length;
  }
  return { hash: hasher.digest("hex"), content: undefined };
}

function copyChunk(job: CopyChunk): ChunkResult {
  const { chunk, source, sourceOffset } = job;
  const content = readRegion(source, sourceOffset, new Uint8Array(chunk.size));
  if (content === undefined) return { hash: undefined, content: undefined };
  const found = hash("sha256", content, "hex");
  if (found !== chunk.hash) return { hash: found, content: undefined };
  writeTo(job, content);
  return { hash: found, content };
}

function writeTo({ chunk, target, isSparse }: WriteChunk | CopyChunk, content: Uint8Array): void {
  try {
    writePart(target.handle, chunk.offset, content, { isSparse });
  } catch (cause) {
    throw fileSystemError(cause, `write chunk ${chunk.index} of`, target.name);
  }
}

/** Fills the memory from a place of a file on; nothing when the file ends before it is full. */
function readRegion(
  { handle, name }: OpenFile,
  offset: number,
  into: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> | undefined {
  try {
    for (let done = 0; done < into.length;) {
      const count = readSync(handle, into, done, into.length - done, offset + done);
      if (count === 0) return undefined;
      done += count;
    }
    return into;
  } catch (cause) {
    throw fileSystemError(cause, `read from byte ${offset} on of`, name);
  }
}

let scratch = new Uint8Array(0);

function scratchOf(size: number): Uint8Array<ArrayBuffer> {
  if (scratch.length < size) scratch = new Uint8Array(pieceBytes);
  return scratch.subarray(0, size);
}

/** Memory that has nothing else in it, and can be given away. What libraries give may be a part of theirs. */
export function ownMemory(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = content;
  const isOwn =
    buffer instanceof ArrayBuffer && length > ownBytes && buffer.byteLength <= length + ownSlackBytes;
  return isOwn ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(content);
}

/** Below this, memory may be of Node's pool, which everybody shares. */
const ownBytes = 64 * 1024;

/** Decoders ask for a little more than they need. */
const ownSlackBytes = 4096;
