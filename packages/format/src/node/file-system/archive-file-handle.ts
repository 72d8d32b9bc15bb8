import type { Readable } from "node:stream";

import type { Archive } from "../../archive.js";
import type { FoundPath } from "./archive-paths.js";
import { ArchiveBigIntStats, ArchiveStats } from "./archive-stats.js";
import { createContentCursor } from "./content-cursor.js";
import type { ContentCursor } from "./content-cursor.js";
import { argumentError, nodeError, readError } from "./node-error.js";
import { readWholeFile, streamFile } from "./read-content.js";
import type { ReadFileOptions, ReadStreamOptions } from "./read-content.js";
import type { StatOptions } from "./stat.js";

/** Where `read` puts what it reads, and what that is. */
export interface ReadOptions {
  readonly offset?: number | undefined;
  readonly length?: number | undefined;
  /** Default: where the last read without a position ended. */
  readonly position?: number | bigint | null | undefined;
}

/** The result of a read. */
export interface ReadResult<T> {
  /** How many bytes were read; 0 at the end of the file. */
  readonly bytesRead: number;
  /** The buffer that was given, or the one that was made. */
  readonly buffer: T;
}

/**
 * A file that is open: what `FileHandle` of `node:fs/promises` has for reading. A whole file that is read at once or from
 * its beginning to its end is verified, and whatever is read of a file that is cut into chunks is before it is given out.
 * What is read at a given position of a file without chunks that is stored as it is is not verified.
 */
export interface ArchiveFileHandle extends AsyncDisposable {
  /** A number that no open file of the process has. */
  readonly fd: number;
  /**
   * Reads into a buffer: up to `length` bytes, to `offset` in the buffer. Without a `position` it goes on where the
   * last read ended; such reads take turns. 0 bytes are the end of the file. `EISDIR`, `EBADF` after `close`, `EIO`.
   */
  read<T extends NodeJS.ArrayBufferView>(
    buffer: T,
    offset?: number | null,
    length?: number | null,
    position?: number | bigint | null,
  ): Promise<ReadResult<T>>;
  /** The same with `offset`, `length` and `position` by name. */
  read<T extends NodeJS.ArrayBufferView>(buffer: T, options: ReadOptions): Promise<ReadResult<T>>;
  /** The same with the buffer among the options. */
  read<T extends NodeJS.ArrayBufferView>(
    options: ReadOptions & { readonly buffer: T },
  ): Promise<ReadResult<T>>;
  /** The same into a new buffer of 16 KiB. */
  read(options?: ReadOptions & { readonly buffer?: undefined }): Promise<ReadResult<Buffer>>;
  /** What the index says of the file, without a request. `EBADF` after `close`. */
  stat(options?: StatOptions & { readonly bigint?: false | undefined }): Promise<ArchiveStats>;
  /** The same in bigints, with times in nanoseconds. */
  stat(options: StatOptions & { readonly bigint: true }): Promise<ArchiveBigIntStats>;
  /** The whole file, verified, as bytes or as text in an encoding. It begins at the first byte, wherever `read` is. */
  readFile(options?: ReadFileOptions): Promise<Buffer | string>;
  /**
   * The file, or the bytes from `start` to `end` (inclusive), as a lazy stream. Independent of `read`, and not ended by
   * `close`.
   */
  createReadStream(options?: ReadStreamOptions): Readable;
  /** Ends reading: waits for reads under way, then frees what they hold. A second call does nothing. */
  close(): Promise<void>;
}

/** As much as `read` reads without a buffer. */
const defaultBufferBytes = 16 * 1024;

type ReadArguments = readonly [first?: unknown, second?: unknown, length?: unknown, position?: unknown];

/** Opens what was found. Closing it tells `onClose`. */
export function openHandle(
  archive: Archive,
  place: FoundPath,
  fd: number,
  onClose: () => void,
): ArchiveFileHandle {
  const { found, given, absolute } = place;
  let cursor: ContentCursor | undefined;
  let isOpen = true;
  /** Reads of one file take turns: each goes on where the one before it ended. */
  let last: Promise<unknown> = Promise.resolve();

  function check(syscall: string): void {
    if (!isOpen) throw nodeError("EBADF", syscall, given);
  }

  async function fill(target: Uint8Array, position: number | undefined): Promise<number> {
    check("read");
    if (found.kind === "directory") throw nodeError("EISDIR", "read", given);
    cursor ??= createContentCursor(archive, found.entry);
    try {
      return await cursor.read(target, position);
    } catch (cause) {
      throw readError(cause, "read", given);
    }
  }

  async function read(...all: ReadArguments): Promise<ReadResult<NodeJS.ArrayBufferView>> {
    const { buffer, target, position } = readArguments(all);
    const reading = last.then(() => fill(target, position));
    last = reading.catch(() => undefined);
    return { bytesRead: await reading, buffer };
  }

  async function close(): Promise<void> {
    if (!isOpen) return;
    isOpen = false;
    onClose();
    await last;
    await cursor?.close();
  }

  const handle = {
    fd,
    read,
    stat(options?: StatOptions): Promise<ArchiveStats | ArchiveBigIntStats> {
      return attempt(() => {
        check("fstat");
        return options?.bigint === true ? new ArchiveBigIntStats(found) : new ArchiveStats(found);
      });
    },
    async readFile(options?: ReadFileOptions): Promise<Buffer | string> {
      check("read");
      return readWholeFile(archive, absolute, options);
    },
    createReadStream(options?: ReadStreamOptions): Readable {
      check("read");
      return streamFile(archive, absolute, options);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what overloads tell apart is one function here
  return handle as unknown as ArchiveFileHandle;
}

/** Runs what throws at once as what rejects. */
async function attempt<T>(work: () => T): Promise<T> {
  await Promise.resolve();
  return work();
}

/** As a caller says it. */
interface Wanted {
  readonly offset?: unknown;
  readonly length?: unknown;
  readonly position?: unknown;
}

interface WantedRead {
  readonly buffer: NodeJS.ArrayBufferView;
  readonly target: Uint8Array;
  readonly position: number | undefined;
}

/** `(buffer, offset, length, position)`, `(buffer, options)` or `(options)`. */
function readArguments([first, second, third, fourth]: ReadArguments): WantedRead {
  if (isView(first)) {
    if (typeof second === "object" && second !== null) return wantedRead(first, second);
    return wantedRead(first, { offset: second, length: third, position: fourth });
  }
  const options: Wanted & { readonly buffer?: unknown } =
    typeof first === "object" && first !== null ? first : {};
  const { buffer = Buffer.alloc(defaultBufferBytes) } = options;
  if (!isView(buffer)) throw argumentError("buffer", "a Buffer, TypedArray or DataView", buffer);
  return wantedRead(buffer, options);
}

function isView(value: unknown): value is NodeJS.ArrayBufferView {
  return ArrayBuffer.isView(value);
}

function wantedRead(buffer: NodeJS.ArrayBufferView, { offset, length, position }: Wanted): WantedRead {
  const from = integer("offset", offset ?? 0, buffer.byteLength);
  const count = integer("length", length ?? buffer.byteLength - from, buffer.byteLength - from);
  const target = new Uint8Array(buffer.buffer, buffer.byteOffset + from, count);
  const isCurrent = position === undefined || position === null || position === -1 || position === -1n;
  return {
    buffer,
    target,
    position: isCurrent ? undefined : integer("position", position, Number.MAX_SAFE_INTEGER),
  };
}

function integer(name: string, value: unknown, max: number): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0 && number <= max)
    return number;
  throw argumentError(name, `an integer from 0 to ${max}`, value);
}
