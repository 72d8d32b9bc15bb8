import { createHash } from "node:crypto";

import type { Archive } from "../../archive.js";
import type { SignalOptions } from "../../sources/byte-source.js";
import { FormatError } from "../../errors.js";
import { checkFunction, checkSignal } from "../../option-values.js";
import { writeArchiveFiles } from "../local/archive-files.js";

/** Options of {@link saveArchive}. */
export interface SaveOptions extends SignalOptions {
  /** Called synchronously after each chunk; what it throws ends the work. */
  readonly onProgress?:
    ((progress: { readonly bytesDone: number; readonly bytesTotal: number }) => void) | undefined;
}

/** Where an archive was saved. */
export interface SavedArchive {
  /** The file with the index. */
  readonly indexPath: string;
  /** The file with the data. */
  readonly dataPath: string;
}

/**
 * Writes an archive, wherever it is, to `index.blob` and `data.blob` in a directory, which is made when it does not
 * exist. The data is fetched by one request, streamed, and verified as a whole when the index has its hash; only then
 * do the files get their names. Files of these names are replaced. `FileSystem`, `SourceMismatch`, and errors of the
 * source.
 *
 * @example
 * ```ts
 * const { indexPath, dataPath } = await saveArchive(archive, "./mirror");
 * ```
 */
export async function saveArchive(
  archive: Archive,
  outDirectory: string,
  options: SaveOptions = {},
): Promise<SavedArchive> {
  checkSignal(options.signal);
  checkFunction("onProgress", options.onProgress);
  options.signal?.throwIfAborted();
  const { indexPath, dataPath } = await writeArchiveFiles(outDirectory, async (sink) => {
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of wholeData(archive, options)) {
      hash.update(chunk);
      size += chunk.length;
      if (size > archive.dataSize) break;
      await sink.write(chunk);
      options.onProgress?.({ bytesDone: size, bytesTotal: archive.dataSize });
    }
    const { dataHash } = archive;
    if (size !== archive.dataSize || (dataHash !== undefined && !hash.digest().equals(dataHash))) {
      throw new FormatError("SourceMismatch", "The data part is not the one that the index was made for");
    }
    return { index: { bytes: archive.index } };
  });
  return { indexPath, dataPath };
}

async function* wholeData(
  { data, dataSize }: Archive,
  { signal }: SaveOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (dataSize > 0) yield* data.read({ offset: 0, length: dataSize }, { signal });
}
