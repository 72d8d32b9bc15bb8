import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { lstat, mkdir, open, rename, rm, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { constants } from "node:fs";
import { isMissing, isSystemError, writeFully } from "@blob/core/files";
import { defaultDataName, defaultIndexName } from "../../media-types.js";
import type { DataSink } from "../files/data-sink.js";
import { fileSystemError } from "../files/file-system-error.js";
import type { Archive } from "../../archive.js";
import type { OpenOptions } from "../../reading/archive-reader.js";
import type { SignalOptions, ByteRange, ByteSource } from "../../sources/byte-source.js";
import { FormatError } from "../../errors.js";
import { resolveLimits } from "../../reading/read-limits.js";
import type { ContentThreadsOptions } from "../read/content-threads.js";
import { createContentThreads } from "../read/content-threads.js";
import { nodeSha256 } from "../read/node-sha256.js";
import { loadZstdDecoder } from "../zstd/zstd-decoder.js";
import { checkByteRange } from "../../sources/byte-range.js";

/** Writes the data that `produce` gives to the sink, and the index that it returns, as two files that appear together. */
export async function writeArchiveFiles<T extends { readonly index: { readonly bytes: Uint8Array } }>(
  outDirectory: string,
  produce: (sink: DataSink) => Promise<T>,
): Promise<T & { readonly indexPath: string; readonly dataPath: string }> {
  const indexPath = join(outDirectory, defaultIndexName);
  const dataPath = join(outDirectory, defaultDataName);
  await attempt("create directory", outDirectory, () => mkdir(outDirectory, { recursive: true }));
  const data = await createTemporary(dataPath);
  let index: TemporaryFile | undefined;
  try {
    const created = await produce(data);
    await data.close();
    index = await createTemporary(indexPath);
    await index.write(created.index.bytes);
    await index.close();
    await replaceBoth({ path: indexPath, file: index }, { path: dataPath, file: data });
    return { ...created, indexPath, dataPath };
  } finally {
    // What failed before matters more than a temporary file that cannot be removed.
    await Promise.allSettled([data.dispose(), index?.dispose()]);
  }
}

interface Replacement {
  readonly path: string;
  readonly file: TemporaryFile;
}

/**
 * Gives both files their names, or leaves what has them. Two renames are not one: the old index goes first and the new
 * one comes last, so that whoever looks in between does not find an index with another archive's data.
 */
async function replaceBoth(index: Replacement, data: Replacement): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  const old: string[] = [];
  try {
    for (const { path } of [index, data]) {
      const aside = await setAside(path);
      if (aside === undefined) continue;
      old.push(aside);
      undo.push(() => rename(aside, path));
    }
    for (const { path, file } of [data, index]) {
      await file.move();
      undo.push(() => rm(path, { force: true }));
    }
  } catch (cause) {
    for (const step of undo.toReversed()) await step().catch(() => undefined);
    throw cause;
  }
  // The archive is there, even if these cannot be removed.
  await Promise.allSettled(old.map((path) => rm(path, { force: true })));
}

/** Gives what has a name another one, which is returned; nothing when nothing has it. Directories are left alone. */
async function setAside(path: string): Promise<string | undefined> {
  return attempt("replace", path, async () => {
    const stats = await lstat(path).catch((cause: unknown) => {
      if (isSystemError(cause, "ENOENT")) return undefined;
      throw cause;
    });
    if (stats === undefined) return undefined;
    if (stats.isDirectory()) throw Object.assign(new Error("it is a directory"), { code: "EISDIR" });
    const aside = temporaryName(path);
    await rename(path, aside);
    return aside;
  });
}

function temporaryName(target: string): string {
  return join(dirname(target), `.${randomBytes(8).toString("hex")}.tmp`);
}

interface TemporaryFile extends DataSink {
  write(chunk: Uint8Array): Promise<void>;
  close(): Promise<void>;
  /** Gives the file its final name, replacing what has it. */
  move(): Promise<void>;
  /** Removes the file unless it was moved. */
  dispose(): Promise<void>;
}

/** A sibling of `target`, which errors name. */
async function createTemporary(target: string): Promise<TemporaryFile> {
  const path = temporaryName(target);
  const handle = await attempt("create", target, () => open(path, "wx"));
  let exists = true;
  return {
    write: (chunk) => attempt("write", target, () => writeFully(handle, chunk)),
    close: () => attempt("write", target, () => handle.close()),
    async move() {
      await attempt("create", target, () => rename(path, target));
      exists = false;
    },
    async dispose() {
      await handle.close();
      if (exists) await rm(path, { force: true });
    },
  };
}

async function attempt<T>(action: string, path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    throw fileSystemError(cause, action, path);
  }
}

/** An archive over local files. Whoever opened it closes it. */
export interface LocalArchive extends Archive, AsyncDisposable {
  /**
   * Ends the threads that decompress, and closes the data file. Look-ups still work afterwards, since the index is in
   * memory; reads of content fail.
   */
  close(): Promise<void>;
}

/** Where a local archive's parts are: a directory with `index.blob` and `data.blob`, or the two files. */
export type LocalArchiveLocation = string | { readonly index: string; readonly data: string };

/** Codec and hash default to the fastest ones of this runtime. */
export type OpenLocalArchiveOptions = Omit<OpenOptions, "threads"> & ContentThreadsOptions & SignalOptions;

/**
 * Opens an archive on disk: reads the index, and nothing of the data. The errors of `openArchive`, `NotFound` when one of its
 * files is not there, `FileSystem`,
 * `SizeExceeded` for an index over the limit.
 *
 * @example
 * ```ts
 * await using archive = await openLocalArchive("./archive");
 * const config = await archive.readFile("config.json", "utf8");
 * ```
 */
export async function openLocalArchive(
  location: LocalArchiveLocation,
  options: OpenLocalArchiveOptions = {},
): Promise<LocalArchive> {
  const { signal, decoderConcurrency, ...how } = options;
  const paths =
    typeof location === "string"
      ? { index: join(location, defaultIndexName), data: join(location, defaultDataName) }
      : location;
  // Only now: whoever creates archives does without.
  const [{ openArchiveInTurns }, index] = await Promise.all([
    import("../../reading/archive-reader.js"),
    partOf(location, paths.index, () => readIndex(paths.index, options)),
  ]);
  const zstd = options.zstd ?? (await loadZstdDecoder());
  // A codec or hash of the caller's lives on the caller's thread.
  const isOwn = options.zstd !== undefined || options.sha256 !== undefined;
  const threads = createContentThreads({ decoderConcurrency: isOwn ? 0 : decoderConcurrency });
  const data = await partOf(location, paths.data, () => openFileSource(paths.data));
  try {
    signal?.throwIfAborted();
    const archive = await openArchiveInTurns(index, data, {
      sha256: nodeSha256,
      ...how,
      zstd,
      threads,
      signal,
    });
    const close = async (): Promise<void> => {
      await threads.close();
      await data.close();
    };
    return Object.assign(archive, { close, [Symbol.asyncDispose]: close });
  } catch (cause) {
    await data.close();
    throw cause;
  }
}

/** What is not there is no failure of the file system, but an archive that there is not. */
async function partOf<T>(location: LocalArchiveLocation, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const cause = error instanceof FormatError ? error.cause : undefined;
    if (!isMissing(cause) && !(isSystemError(cause) && cause.code === "ENOTDIR")) throw error;
    const name =
      typeof location === "string"
        ? `${JSON.stringify(location)}: there is no archive`
        : "There is no archive";
    const message = `${name}: ${JSON.stringify(path)} does not exist`;
    throw new FormatError("NotFound", message, { path, what: "archive", cause });
  }
}

async function readIndex(path: string, { signal, limits }: OpenLocalArchiveOptions): Promise<Uint8Array> {
  const { maxIndexBytes } = resolveLimits(limits);
  const source = await openFileSource(path);
  try {
    if (source.size > maxIndexBytes) {
      throw new FormatError(
        "SizeExceeded",
        `${JSON.stringify(path)} has ${source.size} bytes; an index may have ${maxIndexBytes} (maxIndexBytes)`,
        { path },
      );
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of source.read({ offset: 0, length: source.size }, { signal })) chunks.push(chunk);
    return Buffer.concat(chunks);
  } finally {
    await source.close();
  }
}

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
