import type { Archive, ReadOptions } from "../archive.js";
import { isFormatError } from "../errors.js";

/**
 * The error, with the archive's origin as its `reference`. Added here because the code that makes errors does not know
 * which archive is being read.
 */
export function attributed(error: unknown, origin: string | undefined): unknown {
  if (origin === undefined || !isFormatError(error) || error.reference !== undefined) return error;
  return Object.defineProperty(error, "reference", { value: origin, enumerable: true });
}

/** Runs work on an archive; errors of it get the archive's origin. */
export async function attributing<T>(
  { origin }: Pick<Archive, "origin">,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw attributed(error, origin);
  }
}

/** The archive, with its origin in all errors that it throws. */
export function withOrigin(archive: Archive, origin: string): Archive {
  function attribute<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw attributed(error, origin);
    }
  }

  async function readFile(path: string, options?: ReadOptions): Promise<Uint8Array>;
  async function readFile(path: string, encoding: "utf8", options?: ReadOptions): Promise<string>;
  async function readFile(
    path: string,
    encoding: ReadOptions | "utf8" = {},
    options: ReadOptions = {},
  ): Promise<Uint8Array | string> {
    const read = (): Promise<Uint8Array | string> =>
      encoding === "utf8" ? archive.readFile(path, encoding, options) : archive.readFile(path, encoding);
    return attributing({ origin }, read);
  }

  async function* attributedChunks(
    chunks: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* chunks;
    } catch (error) {
      throw attributed(error, origin);
    }
  }

  return {
    ...archive,
    origin,
    readDirectory: (path) => attribute(() => archive.readDirectory(path)),
    listDirectory: (path, options) => attribute(() => archive.listDirectory(path, options)),
    entries: (directory) => attribute(() => archive.entries(directory)),
    directoryStats: (directory) => attribute(() => archive.directoryStats(directory)),
    validateFiles: (paths) => attribute(() => archive.validateFiles(paths)),
    readFile,
    // Errors about the path are thrown by the call, not by the iterable.
    stream: (path, options) => attributedChunks(attribute(() => archive.stream(path, options))),
  };
}
