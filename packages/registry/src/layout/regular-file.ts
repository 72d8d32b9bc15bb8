import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { RegistryError } from "../errors.js";
import { isMissing, isSystemError, readFileBeginning } from "@blob/core/files";

/** An open file, which was a regular one when it was opened. */
export interface RegularFile {
  readonly handle: FileHandle;
  /** In bytes, when it was opened. */
  readonly size: number;
  /** When it was opened. */
  readonly stats: BigIntStats;
}

/**
 * Opens a file to read; undefined when it is not there. Anybody may have made the layout: whatever is no regular file, or
 * leads to none (a FIFO, a device, a link to one), could block for ever or never end. Links to files are followed: build
 * tools make layouts of them.
 *
 * @throws RegistryError `FileSystem` for what is no regular file; else what the file system says.
 */
export async function openRegularFile(file: string): Promise<RegularFile | undefined> {
  let handle: FileHandle;
  try {
    // Opening a FIFO would wait for somebody to write to it.
    handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (isMissing(error)) return undefined;
    // A link to itself, a socket, a device that is not there.
    throw isSystemError(error, "ELOOP", "ENXIO", "ENODEV") ? notRegular(file, error) : error;
  }
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw notRegular(file);
    return { handle, size: Number(stats.size), stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function notRegular(file: string, cause?: unknown): RegistryError {
  return new RegistryError("FileSystem", `${file} is no regular file`, { host: file, cause });
}

/**
 * A small file, whole; undefined when it is not there.
 *
 * @throws RegistryError `SizeExceeded`, `FileSystem`
 */
export async function readSmallFile(
  file: string,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  signal?.throwIfAborted();
  const opened = await openRegularFile(file);
  if (opened === undefined) return undefined;
  const { handle, size } = opened;
  try {
    if (size > maxBytes) {
      throw new RegistryError("SizeExceeded", `${file} is larger than ${maxBytes} bytes`, { host: file });
    }
    // No more than its size: somebody may be writing to it.
    return (await readFileBeginning(handle, size, { signal })).bytes;
  } finally {
    await handle.close();
  }
}
