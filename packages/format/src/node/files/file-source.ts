import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import { checkByteRange } from "../../sources/byte-range.js";
import type { ByteRange, ByteSource, SignalOptions } from "../../sources/byte-source.js";
import { FormatError } from "../../errors.js";
import { fileSystemError } from "./file-system-error.js";

/** A file as a source of bytes. Whoever opened it closes it; reads that are under way then fail. */
export interface FileSource extends ByteSource, AsyncDisposable {
  /** Closes the file. Reads that are under way fail. */
  close(): Promise<void>;
}

/** Reads are cut into chunks of this size: more does not make them faster, and memory is what a consumer holds. */
const chunkBytes = 1024 * 1024;

/**
 * Opens a file for random access. Its id names the file and the state that it was in when it was opened. A file that
 * gets shorter while it is open is a `SourceMismatch`. `FileSystem`; `InvalidArgument` when it is not a regular file.
 *
 * @example
 * ```ts
 * await using data = await openFileSource("site/data.blob");
 * const archive = openArchive(await readFile("site/index.blob"), data);
 * ```
 */
export async function openFileSource(path: string): Promise<FileSource> {
  let handle: FileHandle | undefined;
  try {
    // Opening a FIFO would wait for somebody to write to it.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) {
      throw new FormatError("InvalidArgument", `${JSON.stringify(path)} is not a regular file`, { path });
    }
    const id = `file:${await realpath(path)}?${stats.dev}-${stats.ino}-${stats.size}-${stats.mtimeNs}`;
    return createFileSource(handle, path, id, Number(stats.size));
  } catch (cause) {
    await handle?.close();
    throw fileSystemError(cause, "open", path);
  }
}

function createFileSource(handle: FileHandle, path: string, id: string, size: number): FileSource {
  return {
    id,
    size,
    read: (range, options) => readRange(handle, path, size, range, options),
    close: () => handle.close(),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

async function* readRange(
  handle: FileHandle,
  path: string,
  size: number,
  { offset, length }: ByteRange,
  options: SignalOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  checkByteRange({ offset, length }, size, path);
  for (let done = 0; done < length;) {
    options.signal?.throwIfAborted();
    const chunk = new Uint8Array(Math.min(chunkBytes, length - done));
    const read = await readSome(handle, path, chunk, offset + done);
    if (read === 0) throw tooShort(path, size);
    done += read;
    yield read === chunk.length ? chunk : chunk.subarray(0, read);
  }
}

async function readSome(
  handle: FileHandle,
  path: string,
  chunk: Uint8Array,
  position: number,
): Promise<number> {
  try {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    return bytesRead;
  } catch (cause) {
    throw fileSystemError(cause, "read", path);
  }
}

function tooShort(path: string, size: number): FormatError {
  return new FormatError(
    "SourceMismatch",
    `${JSON.stringify(path)} ends before a range of its ${size} bytes does; it may be truncated`,
    { path },
  );
}
