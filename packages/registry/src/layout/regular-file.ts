import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { RegistryError } from "../errors.js";
import { isMissing, systemCode } from "./file-error.js";

/** An open file, which was a regular one when it was opened. */
export interface RegularFile {
  readonly handle: FileHandle;
  /** In bytes, when it was opened. */
  readonly size: number;
}

/** Between two looks at the signal. */
const readLength = 1024 * 1024;

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
    throw unopenable.has(systemCode(error) ?? "") ? notRegular(file, error) : error;
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw notRegular(file);
    return { handle, size: stats.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A link to itself, a socket, a device that is not there. */
const unopenable: ReadonlySet<string> = new Set(["ELOOP", "ENXIO", "ENODEV"]);

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
    const bytes = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(bytes, at, Math.min(readLength, size - at), at);
      // Somebody cut it off.
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  } finally {
    await handle.close();
  }
}
