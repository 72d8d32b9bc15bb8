import type { FileHandle } from "node:fs/promises";
import type { LendingBytes } from "../borrowed-bytes.js";
import type { BlobId } from "../descriptor.js";
import { createBlobVerifier } from "../digest.js";
import { RegistryError } from "../errors.js";
import { fileError } from "./file-error.js";
import { blobPath } from "./layout-path.js";
import type { Proofs } from "./proofs.js";
import { isSameState } from "./proofs.js";
import type { RegularFile } from "./regular-file.js";
import { openRegularFile } from "./regular-file.js";

/** Large enough that the file system is not asked too often, small enough to hold two for each of many readers. */
const chunkLength = 512 * 1024;

/** A blob of a layout, or a part of one, that is to be read. */
export interface BlobFileRead {
  readonly directory: string;
  readonly blob: BlobId;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly proofs: Proofs;
  readonly signal: AbortSignal | undefined;
}

/**
 * The bytes from start to end of a blob, from a file that is open only while somebody reads. The next chunk is read while
 * somebody has the last one. Of a whole blob, the last chunk is held back until all of it is known to be what its digest
 * says: by a hash, or because it is the file that had it a moment ago.
 */
export function readBlobFile(read: BlobFileRead): LendingBytes {
  return {
    [Symbol.asyncIterator]: () => readChunks(read, newChunk),
    borrow: () => readChunks(read, twoChunks()),
  };
}

/** Memory for the next chunk. */
type GetChunk = (length: number) => Uint8Array;

const newChunk: GetChunk = (length) => Buffer.allocUnsafeSlow(length);

/** Two by turns: one that somebody has, and one that is being filled. */
function twoChunks(): GetChunk {
  const chunks: Uint8Array[] = [];
  let turn = 0;
  return (length) => {
    turn = 1 - turn;
    const chunk = (chunks[turn] ??= newChunk(length));
    return chunk.length === length ? chunk : chunk.subarray(0, length);
  };
}

async function* readChunks(
  read: BlobFileRead,
  getChunk: GetChunk,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { directory, blob, start, end, signal } = read;
  signal?.throwIfAborted();
  const file = blobPath(directory, blob.digest);
  let handle: FileHandle | undefined;
  let reading: Promise<Uint8Array> | undefined;
  try {
    const opened = await openRegularFile(file);
    if (opened === undefined) throw notThere(directory, blob);
    handle = opened.handle;
    if (opened.size !== blob.size) throw wrongSize(directory, blob, opened.size);
    const check = checkWhole(read, opened, file);
    const begin = (at: number): Promise<Uint8Array> | undefined => {
      if (at >= end) return undefined;
      const begun = readAt(opened.handle, getChunk(Math.min(chunkLength, end - at)), at);
      // Whoever has the chunk before may take a while to come and see.
      begun.catch(() => {});
      return begun;
    };
    reading = begin(start);
    for (let at = start; ;) {
      signal?.throwIfAborted();
      const chunk = await reading;
      if (chunk?.length === 0) throw cutOff(file, directory, blob);
      at += chunk?.length ?? 0;
      reading = begin(at);
      if (chunk !== undefined) check?.update(chunk);
      if (at === end) await check?.end();
      if (chunk !== undefined) yield chunk;
      if (at === end) return;
    }
  } catch (error) {
    throw fileError(file, error);
  } finally {
    await reading?.catch(() => {});
    await handle?.close();
  }
}

async function readAt(handle: FileHandle, chunk: Uint8Array, at: number): Promise<Uint8Array> {
  const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
  return bytesRead === chunk.length ? chunk : chunk.subarray(0, bytesRead);
}

interface WholeCheck {
  update(chunk: Uint8Array): void;
  /** @throws RegistryError `DigestMismatch` */
  end(): Promise<void>;
}

/** What proves a whole blob; undefined for a part, which its reader has to check. */
function checkWhole(
  { directory, blob, start, end, proofs }: BlobFileRead,
  { handle, stats }: RegularFile,
  file: string,
): WholeCheck | undefined {
  if (start !== 0 || end !== blob.size) return undefined;
  const verifier = proofs.has(file, stats) ? undefined : createBlobVerifier(blob, { host: directory });
  return {
    update: (chunk) => verifier?.update(chunk),
    async end() {
      verifier?.end();
      const isUnchanged = isSameState(stats, await handle.stat({ bigint: true }));
      if (isUnchanged && verifier !== undefined) proofs.add(file, stats);
      if (isUnchanged || verifier !== undefined) return;
      const message = `${file} was changed while it was read`;
      throw new RegistryError("DigestMismatch", message, { host: directory, digest: blob.digest });
    },
  };
}

function cutOff(file: string, directory: string, { digest }: BlobId): RegistryError {
  const message = `${file} was cut off while it was read`;
  return new RegistryError("DigestMismatch", message, { host: directory, digest });
}

/** @throws RegistryError `DigestMismatch`, with the same words everywhere. */
export function wrongSize(directory: string, { digest, size }: BlobId, actual: number): RegistryError {
  const message = `${blobPath(directory, digest)} has ${actual} bytes, not ${size}: the layout is damaged`;
  return new RegistryError("DigestMismatch", message, { host: directory, digest });
}

function notThere(directory: string, { digest }: BlobId): RegistryError {
  const message = `${directory}: the layout does not have the blob ${digest}`;
  return new RegistryError("NotFound", message, { host: directory, reference: "", digest, what: "blob" });
}
