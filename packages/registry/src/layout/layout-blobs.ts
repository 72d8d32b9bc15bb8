import { isMissing, writeFully } from "@blob/core/files";
import type { FileHandle } from "node:fs/promises";
import { open, rename, rm, stat, unlink } from "node:fs/promises";
import path from "node:path";
import type { BlobId, Digest } from "../descriptor.js";
import { createBlobVerifier, verified } from "../digest.js";
import { RegistryError } from "../errors.js";
import type { OpenBody, PushBlobOptions } from "../registry.js";
import { makeDirectory, syncDirectory } from "./durable-file.js";
import { fileError } from "./file-error.js";
import { blobPath } from "./layout-path.js";
import { openRegularFile } from "./regular-file.js";
import { sweepTemporaryFiles, temporaryName } from "./temporary-files.js";

/** Large enough that the file system is not asked too often, small enough to hold for each of many readers. */
const chunkLength = 256 * 1024;

/** The size of a stored blob; undefined when it is not there. */
export async function statBlobFile(directory: string, digest: Digest): Promise<number | undefined> {
  const file = blobPath(directory, digest);
  try {
    const found = await stat(file);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw fileError(file, error);
  }
}

/** The bytes from start to end of a blob, from a file that is open only while somebody reads. */
export async function* readBlobFile(
  directory: string,
  blob: BlobId,
  range: { readonly start: number; readonly end: number },
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  signal?.throwIfAborted();
  const file = blobPath(directory, blob.digest);
  let handle: FileHandle | undefined;
  try {
    const opened = await openRegularFile(file);
    if (opened === undefined) throw notThere(directory, blob);
    handle = opened.handle;
    const { size } = opened;
    if (size !== blob.size) throw wrongSize(directory, blob, size);
    for (let at = range.start; at < range.end;) {
      signal?.throwIfAborted();
      // A new buffer each time: the reader may keep it.
      const buffer = new Uint8Array(Math.min(chunkLength, range.end - at));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) {
        const message = `${file} was cut off while it was read`;
        throw new RegistryError("DigestMismatch", message, { host: directory, digest: blob.digest });
      }
      at += bytesRead;
      yield bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw fileError(file, error);
  } finally {
    await handle?.close();
  }
}

/** A whole blob, which throws `DigestMismatch` instead of ending when the file is not what it should be. */
export function readWholeBlob(
  directory: string,
  blob: BlobId,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  const bytes = readBlobFile(directory, blob, { start: 0, end: blob.size }, signal);
  return verified(bytes, blob, { host: directory });
}

/**
 * Stores a blob. Nobody sees it under its name before it is whole, verified and on disk: it is written near its place and
 * then renamed. Its name is on disk when a manifest that needs it is stored: until then, a loss of power may take it.
 */
export async function writeBlobFile(
  directory: string,
  blob: BlobId,
  openBody: OpenBody,
  { signal, onProgress }: PushBlobOptions,
): Promise<void> {
  const file = blobPath(directory, blob.digest);
  // Not among the blobs: those are many, and whoever sweeps has to look at all names.
  const temporary = temporaryName(path.join(directory, "blobs"));
  const verifier = createBlobVerifier(blob, { host: directory });
  let isPlaced = false;
  const handle = await createFile(file, temporary);
  try {
    let size = 0;
    for await (const chunk of openBody()) {
      signal?.throwIfAborted();
      verifier.update(chunk);
      await orFileError(file, writeFully(handle, chunk));
      size += chunk.length;
      onProgress?.(size);
    }
    verifier.end();
    signal?.throwIfAborted();
    await orFileError(file, handle.sync());
    await orFileError(file, rename(temporary, file));
    isPlaced = true;
  } finally {
    await handle.close();
    if (!isPlaced) await rm(temporary, { force: true });
  }
}

/** Brings the names of blobs to disk, which takes one request a directory. */
export async function syncBlobNames(directory: string, digests: readonly Digest[]): Promise<void> {
  for (const folder of new Set(digests.map((digest) => path.dirname(blobPath(directory, digest))))) {
    await orFileError(folder, syncDirectory(folder));
  }
}

/** Whether there was a blob to remove. */
export async function removeBlobFile(directory: string, digest: Digest): Promise<boolean> {
  const file = blobPath(directory, digest);
  try {
    await unlink(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw fileError(file, error);
  }
}

async function createFile(file: string, temporary: string): Promise<FileHandle> {
  try {
    await makeDirectory(path.dirname(file));
    await sweepTemporaryFiles(path.dirname(temporary));
    return await open(temporary, "wx", 0o644);
  } catch (error) {
    throw fileError(file, error);
  }
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

/** Only the file system's own failures: those of the body stay what they are. */
async function orFileError<T>(file: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw fileError(file, error);
  }
}
