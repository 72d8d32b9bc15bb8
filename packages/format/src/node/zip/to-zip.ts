import { Readable } from "node:stream";

import type { Archive } from "../../archive.js";
import { FormatError } from "../../errors.js";
import { contentsInOrder } from "../../tar/contents-in-order.js";
import type { ContentsOptions, EntryContent } from "../../tar/contents-in-order.js";
import { memberNames } from "../../tar/to-tar.js";
import type { ToTarProgress } from "../../tar/to-tar.js";
import { utcDate } from "./utc-date.js";

/** Which files {@link toZip} writes, under which names, and how they are stored. */
export interface ToZipOptions extends ContentsOptions {
  /** Only what is below this directory of the archive; it keeps its full path. Default: the root. */
  readonly directory?: string | undefined;
  /** Leave the path of `directory` out: what is in it is at the top. Default false. */
  readonly strip?: boolean | undefined;
  /** Store files as they are instead of compressing them (deflate, level 6). Default false. */
  readonly store?: boolean | undefined;
  /** Called synchronously after each file; what it throws ends the work. */
  readonly onProgress?: ((progress: ToTarProgress) => void) | undefined;
}

/** What yazl's length field of a name holds, in bytes. */
const maxNameBytes = 0xffff;

/**
 * An archive as a zip stream: its files in their order, with their modes, names in UTF-8, and zip64 where it takes that.
 * Times are those of the archive in UTC, in whole seconds from 1980 to 2038; zip has no others. Equal archives give equal
 * bytes, whatever the time zone, as long as Node's zlib is the same.
 *
 * Lazy, with back-pressure; memory depends on the number of files only. Every file is verified before its last byte is given
 * out; the stream throws instead of ending otherwise. Leaving it early frees the source.
 *
 * @throws FormatError by the call: `NotFound`, `WrongKind`, `InvalidPath` for `directory`. By the stream: `InvalidPath` for
 *   names with a backslash, a drive or more than 65,535 bytes, which mean something else in a zip; `HashMismatch`, `Decompression`,
 *   `SourceMismatch`, `Unsupported`, errors of the source, and the signal's reason.
 * @example
 * ```ts
 * await pipeline(toZip(archive), createWriteStream("site.zip"));
 * ```
 */
export function toZip(
  archive: Archive,
  options: ToZipOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { directory } = options;
  // Errors about the directory are the call's.
  const entries = archive.entries(directory);
  return write(archive, entries, options);
}

async function* write(
  archive: Archive,
  entries: Iterable<EntryContent["entry"]>,
  options: ToZipOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { store = false, onProgress, signal } = options;
  const nameOf = memberNames(options);
  const { files: filesTotal, size: bytesTotal } = archive.directoryStats(options.directory);
  // Only now: nothing else needs it.
  const { ZipFile } = await import("yazl");
  const zip = new ZipFile();
  const output = readable(zip.outputStream);
  zip.on("error", (error: Error) => output.destroy(error));
  let filesDone = 0;
  let bytesDone = 0;
  const contents = contentsInOrder(archive, entries, options);

  /** Adds the next file when the one before it has been written, so that none waits in memory. */
  async function addNext(): Promise<void> {
    const next = await contents.next();
    if (next.done === true) return zip.end();
    const { entry, chunks } = next.value;
    const name = checkedName(nameOf(entry.path));
    const { size, mode, mtimeNs } = entry;
    const mtime = utcDate(mtimeNs);
    const facts = { mtime, mode: 0o100000 | (mode & 0o777), compress: !store && size > 0, size };
    zip.addReadStream(Readable.from(counted(chunks, size)), name, facts);
  }

  async function* counted(
    chunks: AsyncIterable<Uint8Array>,
    size: number,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* chunks;
      filesDone += 1;
      bytesDone += size;
      onProgress?.({ stage: "exporting", filesDone, filesTotal, bytesDone, bytesTotal });
    } catch (error) {
      output.destroy(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    addNext().catch((error: unknown) =>
      output.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  }

  try {
    await addNext();
    for await (const chunk of output as AsyncIterable<Uint8Array>) {
      signal?.throwIfAborted();
      yield chunk;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    output.destroy();
    await contents.return(undefined);
  }
}

/** yazl's types promise less than there is. */
function readable(stream: unknown): Readable {
  if (stream instanceof Readable) return stream;
  throw new TypeError("yazl has no stream for its output");
}

function checkedName(name: string): string {
  if (name.includes("\\") || /^[A-Za-z]:/u.test(name) || Buffer.byteLength(name) > maxNameBytes) {
    throw new FormatError(
      "InvalidPath",
      `${JSON.stringify(name)} cannot be in a zip: programs read a backslash as a slash, a letter and a colon as a drive, ` +
        `and names of more than ${maxNameBytes} bytes not at all; a tar can have it`,
      { path: name },
    );
  }
  return name;
}
