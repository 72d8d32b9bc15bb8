import { isMissing, writeFully } from "@blob/core/files";
import type { FileHandle } from "node:fs/promises";
import { open, rename, rm, stat, unlink } from "node:fs/promises";
import path from "node:path";
import type { BlobId, Digest } from "../descriptor.js";
import { createBlobVerifier } from "../digest.js";
import type { OpenBody, PushBlobOptions } from "../registry.js";
import { makeDirectory, syncDirectory } from "./durable-file.js";
import { fileError } from "./file-error.js";
import { blobPath } from "./layout-path.js";
import { sweepTemporaryFiles, temporaryName } from "./temporary-files.js";

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

/** Only the file system's own failures: those of the body stay what they are. */
async function orFileError<T>(file: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw fileError(file, error);
  }
}
