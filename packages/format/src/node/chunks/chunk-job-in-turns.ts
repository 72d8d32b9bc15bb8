import { webcrypto } from "node:crypto";
import { read } from "node:fs";

import { chunkError, chunkMismatch } from "../../reading/chunk-error.js";
import type { ZstdDecoder } from "../../zstd/codec.js";
import { decompressInTurns } from "../../zstd/in-turns.js";
import { fileSystemError } from "../files/file-system-error.js";
import { writeLater } from "../files/temporary-file.js";
import type { AppendRegion, ChunkJob, ChunkResult, CopyChunk, HashRegion, WriteChunk } from "./chunk-job.js";
import type { ChunkTools } from "./do-chunk-job.js";
import type { OpenFile } from "./open-file.js";
import type { RunningHashes } from "./running-hashes.js";

/**
 * Does a job on a thread that others wait for: it decodes a few milliseconds at a time, and hashes, reads and writes where
 * Node does its file system's work. The same errors as of `doChunkJob`.
 */
export async function doChunkJobInTurns(
  job: ChunkJob,
  { decoder, hashes }: Omit<ChunkTools, "scratch">,
): Promise<ChunkResult> {
  switch (job.kind) {
    case "write":
      return writeChunk(job, decoder);
    case "hash":
      return hashRegion(job);
    case "copy":
      return copyChunk(job);
    case "append":
      return appendRegion(job, hashes);
    case "digest":
      return { hash: hashes.digest(job.running) };
  }
}

async function writeChunk(job: WriteChunk, decoder: ZstdDecoder): Promise<ChunkResult> {
  const { chunk, isCompressed } = job;
  const content = isCompressed ? await decode(job, decoder) : job.stored;
  if (content.length !== chunk.size || (await sha256(content)) !== chunk.hash)
    throw chunkMismatch(chunk.path, chunk);
  await writeTo(job, content);
  return { hash: chunk.hash };
}

async function decode({ chunk, stored }: WriteChunk, decoder: ZstdDecoder): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const content = await decompressInTurns(decoder, stored, chunk);
    const { buffer, byteOffset, length } = content;
    return buffer instanceof ArrayBuffer
      ? new Uint8Array(buffer, byteOffset, length)
      : new Uint8Array(content);
  } catch (error) {
    throw chunkError(error, chunk, chunk);
  }
}

async function hashRegion({ file, offset, size }: HashRegion): Promise<ChunkResult> {
  const content = await readRegion(file, offset, size);
  return { hash: content === undefined ? undefined : await sha256(content) };
}

/** Pieces of this size take about a millisecond to hash. */
const pieceBytes = 1024 * 1024;

async function appendRegion(
  { running, file, offset, size }: AppendRegion,
  hashes: RunningHashes,
): Promise<ChunkResult> {
  const hasher = hashes.of(running);
  const memory = new Uint8Array(Math.min(pieceBytes, size));
  for (let done = 0; done < size;) {
    const piece = memory.subarray(0, size - done);
    piece.fill(0, await readUntilEnd(file, offset + done, piece));
    hasher.update(piece);
    done += piece.length;
  }
  return { hash: undefined };
}

async function copyChunk(job: CopyChunk): Promise<ChunkResult> {
  const { chunk, source, sourceOffset } = job;
  const content = await readRegion(source, sourceOffset, chunk.size);
  if (content === undefined) return { hash: undefined };
  const hash = await sha256(content);
  if (hash === chunk.hash) await writeTo(job, content);
  return { hash };
}

async function writeTo(
  { chunk, target, isSparse }: WriteChunk | CopyChunk,
  content: Uint8Array,
): Promise<void> {
  try {
    await writeLater(target.handle, chunk.offset, [content], { isSparse });
  } catch (cause) {
    throw fileSystemError(cause, `write chunk ${chunk.index} of`, target.name);
  }
}

/** Nothing when the file ends before. */
async function readRegion(
  file: OpenFile,
  offset: number,
  size: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const content = new Uint8Array(size);
  return (await readUntilEnd(file, offset, content)) < size ? undefined : content;
}

/** Returns how many bytes there were. */
async function readUntilEnd(
  { handle, name }: OpenFile,
  offset: number,
  into: Uint8Array<ArrayBuffer>,
): Promise<number> {
  try {
    let done = 0;
    while (done < into.length) {
      const count = await readSome(handle, into.subarray(done), offset + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  } catch (cause) {
    throw fileSystemError(cause, `read from byte ${offset} on of`, name);
  }
}

function readSome(handle: number, into: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(handle, into, 0, into.length, position, (error, count) =>
      error === null ? resolve(count) : reject(error),
    );
  });
}

/** On another thread: a chunk takes as long to hash as it may take to decode. */
async function sha256(content: Uint8Array<ArrayBuffer>): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest("SHA-256", content)).toString("hex");
}
