import type { Archive } from "../archive.js";
import type { Entry } from "../entry.js";
import { contentsInOrder } from "./contents-in-order.js";
import type { ContentsOptions } from "./contents-in-order.js";
import { encodeHeader } from "./encode-header.js";
import { blockBytes, paddingAfter } from "./header-block.js";

/** How far a tar is. */
export interface ToTarProgress {
  /** Always `exporting`: to be told apart from other progress. */
  readonly stage: "exporting";
  /** How many files have been written. */
  readonly filesDone: number;
  /** How many files there are to write. Known from the beginning. */
  readonly filesTotal: number;
  /** Bytes of the files that have been written: of their content, not of the tar or zip. */
  readonly bytesDone: number;
  /** Sum of the sizes of all files to write, in bytes. Known from the beginning. */
  readonly bytesTotal: number;
}

/** Which files {@link toTar} writes, and under which names. */
export interface ToTarOptions extends ContentsOptions {
  /** Only what is below this directory of the archive; it keeps its full path. Default: the root. */
  readonly directory?: string | undefined;
  /** Leave the path of `directory` out: what is in it is at the top. Default false. */
  readonly strip?: boolean | undefined;
  /** A member for each directory before what is in it: mode 0755, and 1970 for want of a time. Default true. */
  readonly directories?: boolean | undefined;
  /** Called synchronously after each file; what it throws ends the work. */
  readonly onProgress?: ((progress: ToTarProgress) => void) | undefined;
}

/**
 * An archive as a tar stream (POSIX, with pax headers where they are needed): its files in their order, with their modes and
 * modification times, and no owners. Its bytes follow from the archive's files and the options alone, on every machine.
 *
 * Lazy: nothing is read before somebody asks, and nothing further than two requests ahead; memory does not depend on the
 * archive. Every file is verified before its last byte is given out. With wrong content, and for any other reason, the
 * stream throws instead of ending, so that what ended well is complete. Leaving it early frees the source. Chunks are the
 * caller's.
 *
 * @throws FormatError by the call: `NotFound`, `WrongKind`, `InvalidPath` for `directory`. By the stream: `HashMismatch`,
 *   `Decompression`, `SourceMismatch`, `Unsupported`, errors of the source, and the signal's reason.
 * @example
 * ```ts
 * const archive = await client.pull("ghcr.io/acme/site:v1");
 * await pipeline(toTar(archive), createWriteStream("site.tar"));
 * ```
 */
export function toTar(
  archive: Archive,
  options: ToTarOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { directory } = options;
  // Errors about the directory are the call's.
  const entries = archive.entries(directory);
  return write(archive, entries, options);
}

async function* write(
  archive: Archive,
  entries: Iterable<Entry>,
  options: ToTarOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { directories = true, onProgress } = options;
  const nameOf = memberNames(options);
  const { files: filesTotal, size: bytesTotal } = archive.directoryStats(options.directory);
  let filesDone = 0;
  let bytesDone = 0;
  let parent = "";
  for await (const { entry, chunks } of contentsInOrder(archive, entries, options)) {
    const path = nameOf(entry.path);
    if (directories) {
      for (const above of newDirectories(parent, path)) yield directoryMember(above);
      parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    }
    const { size, mtimeNs } = entry;
    yield encodeHeader({ path, kind: "file", size, mode: entry.mode & 0o777, mtimeNs });
    yield* chunks;
    if (paddingAfter(size) > 0) yield new Uint8Array(paddingAfter(size));
    filesDone += 1;
    bytesDone += size;
    onProgress?.({ stage: "exporting", filesDone, filesTotal, bytesDone, bytesTotal });
  }
  yield new Uint8Array(2 * blockBytes);
}

/** What files are called in the tar. */
export function memberNames({
  directory,
  strip = false,
}: Pick<ToTarOptions, "directory" | "strip">): (path: string) => string {
  const elements = (directory ?? "").split("/").filter((element) => element !== "" && element !== ".");
  const length = strip && elements.length > 0 ? elements.join("/").length + 1 : 0;
  return (path) => path.slice(length);
}

/** The directories above a file that are not above the one before it. Files in a directory follow each other. */
function* newDirectories(known: string, path: string): Generator<string, void, undefined> {
  for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) {
    const directory = path.slice(0, at);
    if (known !== directory && !known.startsWith(`${directory}/`)) yield directory;
  }
}

function directoryMember(path: string): Uint8Array {
  return encodeHeader({ path, kind: "directory", size: 0, mode: 0o755, mtimeNs: 0n });
}
