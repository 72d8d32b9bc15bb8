import type { Archive, ReadOptions } from "../archive.js";
import { isFormatError } from "../errors.js";

/**
 * What is thrown for an error about an archive: the same, with the archive's origin as its `reference`. Where errors are
 * made nobody knows which archive it is that is read.
 */
export function attributed(error: unknown, origin: string | undefined): unknown {
  if (origin === undefined || !isFormatError(error) || error.reference !== undefined) return error;
  return Object.defineProperty(error, "reference", { value: origin, enumerable: true });
}

/** Does something with an archive, whose origin an error has. */
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

/** The same archive, whose errors say where it comes from. */
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
    // What is wrong with the path is thrown by the call.
    stream: (path, options) => attributedChunks(attribute(() => archive.stream(path, options))),
  };
}
