import { webcrypto } from "node:crypto";
import { read } from "node:fs";

import { chunkError, chunkMismatch } from "../../reading/chunk-error.js";
import type { ZstdDecoder } from "../../zstd/codec.js";
import { decompressInTurns } from "../../zstd/in-turns.js";
import { fileSystemError } from "../files/file-system-error.js";
import { writeLater } from "../files/temporary-file.js";
import type { ChunkJob, ChunkResult, CopyChunk, HashRegion, WriteChunk } from "./chunk-job.js";
import type { OpenFile } from "./open-file.js";

/**
 * Does a job on a thread that others wait for: it decodes a few milliseconds at a time, and hashes, reads and writes where
 * Node does its file system's work. The same errors as of `doChunkJob`.
 */
export async function doChunkJobInTurns(job: ChunkJob, decoder: ZstdDecoder): Promise<ChunkResult> {
  switch (job.kind) {
    case "write":
      return writeChunk(job, decoder);
    case "hash":
      return hashRegion(job);
    case "copy":
      return copyChunk(job);
  }
}

async function writeChunk(job: WriteChunk, decoder: ZstdDecoder): Promise<ChunkResult> {
  const { chunk, isCompressed } = job;
  const content = isCompressed ? await decode(job, decoder) : job.stored;
  if (content.length !== chunk.size || (await sha256(content)) !== chunk.hash)
    throw chunkMismatch(chunk.path, chunk);
  await writeTo(job, content);
  return { hash: chunk.hash, content };
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

async function hashRegion({ file, offset, size, wantsContent }: HashRegion): Promise<ChunkResult> {
  const content = await readRegion(file, offset, size);
  if (content === undefined) return { hash: undefined, content };
  return { hash: await sha256(content), content: wantsContent ? content : undefined };
}

async function copyChunk(job: CopyChunk): Promise<ChunkResult> {
  const { chunk, source, sourceOffset } = job;
  const content = await readRegion(source, sourceOffset, chunk.size);
  if (content === undefined) return { hash: undefined, content };
  const hash = await sha256(content);
  if (hash !== chunk.hash) return { hash, content: undefined };
  await writeTo(job, content);
  return { hash, content };
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
  { handle, name }: OpenFile,
  offset: number,
  size: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const content = new Uint8Array(size);
  try {
    for (let done = 0; done < size;) {
      const count = await readSome(handle, content.subarray(done), offset + done);
      if (count === 0) return undefined;
      done += count;
    }
    return content;
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
