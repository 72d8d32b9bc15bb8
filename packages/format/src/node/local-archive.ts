import { join } from "node:path";

import type { Archive } from "../archive.js";
import type { OpenOptions } from "../reading/archive-reader.js";
import type { SignalOptions } from "../sources/byte-source.js";
import { FormatError } from "../errors.js";
import { defaultDataName, defaultIndexName } from "../media-types.js";
import { resolveLimits } from "../reading/read-limits.js";
import { openFileSource } from "./files/file-source.js";
import { createContentThreads } from "./read/content-threads.js";
import type { ContentThreadsOptions } from "./read/content-threads.js";
import { nodeSha256 } from "./read/node-sha256.js";
import { loadZstdDecoder } from "./zstd/zstd-decoder.js";

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
 * Opens an archive on disk: reads the index, and nothing of the data. The errors of `openArchive`, `FileSystem`,
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
  const { signal, decoderConcurrency, ...open } = options;
  const paths =
    typeof location === "string"
      ? { index: join(location, defaultIndexName), data: join(location, defaultDataName) }
      : location;
  // Only now: whoever creates archives does without.
  const [{ openArchive }, index] = await Promise.all([
    import("../reading/archive-reader.js"),
    readIndex(paths.index, options),
  ]);
  const zstd = options.zstd ?? (await loadZstdDecoder());
  // A codec or hash of the caller's lives on the caller's thread.
  const isOwn = options.zstd !== undefined || options.sha256 !== undefined;
  const threads = createContentThreads({ decoderConcurrency: isOwn ? 0 : decoderConcurrency });
  const data = await openFileSource(paths.data);
  try {
    signal?.throwIfAborted();
    const archive = openArchive(index, data, { sha256: nodeSha256, ...open, zstd, threads });
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
