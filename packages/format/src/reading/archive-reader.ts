import type { Archive, ReadOptions } from "../archive.js";
import { attributed, withOrigin } from "./archive-origin.js";
import type { ByteSource, SignalOptions } from "../sources/byte-source.js";
import { readContent, streamContent } from "./content-reader.js";
import type { ContentSource, CutContent } from "./content-reader.js";
import { createChunkReader } from "./chunk-reader.js";
import type { ChunkReader } from "./chunk-reader.js";
import { listDirectory, placesIn, sumUp } from "./directory-listing.js";
import type { ContentThreads } from "./content-threads.js";
import type { Entry } from "../entry.js";
import { FormatError } from "../errors.js";
import type { ChunkAccess } from "./chunk-store.js";
import { chunksAt } from "../index-codec/file-chunks.js";
import { entryAt } from "../index-codec/index-entry.js";
import { byteOrderSteps } from "../index-codec/index-order.js";
import type { PlaceRange } from "../index-codec/index-search.js";
import { indexTableSteps } from "../index-codec/index-table.js";
import type { IndexTable } from "../index-codec/index-table.js";
import { createPathLookup } from "../index-codec/path-lookup.js";
import { atOnce, inTurns } from "../index-codec/steps.js";
import type { Steps } from "../index-codec/steps.js";
import { canonicalPath, isValidPath, normalizePath, rootPath } from "../paths/path.js";
import { checkMethods, checkOneOf, checkSignal } from "../option-values.js";
import { resolveLimits } from "./read-limits.js";
import type { ReadLimits } from "./read-limits.js";
import { portableSha256 } from "../sha256.js";
import type { Sha256 } from "../sha256.js";
import type { ZstdDecoder } from "../zstd/codec.js";
import { portableZstdDecoder } from "../zstd/portable/portable.js";

/** Codecs, limits and threads that an archive is read with. */
export interface OpenOptions {
  /** What decompresses. Default: plain JavaScript; `@blob/format/node` has faster ones. */
  readonly zstd?: ZstdDecoder | undefined;
  /** What computes hashes. Default: plain JavaScript. */
  readonly sha256?: Sha256 | undefined;
  /** How much memory the index, one file and decompressing may take; see there for the defaults. */
  readonly limits?: ReadLimits | undefined;
  /** Where the archive comes from, such as `host/repository@digest`: errors about it have this as their `reference`. */
  readonly origin?: string | undefined;
  /**
   * Threads that decompress and verify whole files which are read into memory, and chunks of large files; they use a codec
   * and hash of their own. Whoever made them closes them. Default: everything is done on this thread, a few milliseconds at a time.
   */
  readonly threads?: ContentThreads | undefined;
  /** How chunks of large files are kept and read. */
  readonly chunks?: ChunkAccess | undefined;
}

/**
 * An archive over its index and a source of its data. The index is checked once, here, and is kept: it must not be
 * written to any more. Nothing is read from the source. Costs about a quarter of a microsecond a file.
 *
 * `InvalidIndex` and `Unsupported` for what the index says, `SizeExceeded` when it is larger than
 * `limits.maxIndexBytes`, `SourceMismatch` when the source has another size than the index promises.
 *
 * @example
 * ```ts
 * const archive = openArchive(index, bufferSource(data));
 * const config = await archive.readFile("config.json", "utf8");
 * ```
 */
export function openArchive(index: Uint8Array, data: ByteSource, options: OpenOptions = {}): Archive {
  return atOnce(openingSteps(index, options, () => checkedSource(data)));
}

/**
 * As {@link openArchive}, for threads that have others to serve: checks a few thousand entries, then lets others go on. The
 * same errors, as rejections; an abort is noticed between the steps.
 *
 * @example
 * ```ts
 * const archive = await openArchiveInTurns(index, bufferSource(data), { signal });
 * ```
 */
export async function openArchiveInTurns(
  index: Uint8Array,
  data: ByteSource,
  { signal, ...options }: OpenOptions & SignalOptions = {},
): Promise<Archive> {
  checkSignal(signal);
  return inTurns(
    openingSteps(index, options, () => checkedSource(data)),
    signal,
  );
}

function checkedSource(data: ByteSource): ByteSource {
  checkMethods("data", data ?? null, ["read"]);
  return data;
}

/** What is to be known of the index before there is a source of data. */
export type SourceOf = (promised: Pick<IndexTable, "dataSize" | "dataHash">) => ByteSource;

/** Opens an archive, for a source that may only be made once the index is known. */
export function* openingSteps(index: Uint8Array, options: OpenOptions, sourceOf: SourceOf): Steps<Archive> {
  const { origin } = options;
  try {
    const archive = yield* namelessSteps(index, options, sourceOf);
    return origin === undefined ? archive : withOrigin(archive, origin);
  } catch (error) {
    throw attributed(error, origin);
  }
}

function* namelessSteps(index: Uint8Array, options: OpenOptions, sourceOf: SourceOf): Steps<Archive> {
  checkMethods("zstd", options.zstd, ["decompress", "stream"]);
  checkMethods("sha256", options.sha256, ["hash", "create"]);
  checkMethods("threads", options.threads, ["read"]);
  checkMethods("chunks.store", options.chunks?.store, ["get", "put"]);
  checkMethods("chunks.data", options.chunks?.data, ["read"]);
  const limits = resolveLimits(options.limits);
  if (index.length > limits.maxIndexBytes) {
    throw new FormatError(
      "SizeExceeded",
      `The index has ${index.length} bytes, which is more than the limit of ${limits.maxIndexBytes}; ` +
        "raise limits.maxIndexBytes to open it",
    );
  }
  const table = yield* byteOrderSteps(yield* indexTableSteps(index));
  const data = sourceOf(table);
  const chunkData = options.chunks?.data ?? data;
  for (const { size } of [data, chunkData]) {
    if (size === table.dataSize) continue;
    throw new FormatError(
      "SourceMismatch",
      `The data part has ${size} bytes, and the index promises ${table.dataSize}: they do not belong together`,
    );
  }
  const codecs = {
    zstd: options.zstd ?? portableZstdDecoder,
    sha256: options.sha256 ?? portableSha256,
    limits,
    threads: options.threads,
  };
  const store = options.chunks?.store;
  return createArchive(table, {
    plain: { data, ...codecs },
    cut: { data: chunkData, ...codecs },
    reader: createChunkReader({ data: chunkData, codecs, limits, store }),
  });
}

/** What the contents of an archive are read from. */
interface ArchiveSources {
  /** For files of which the index does not say how they are cut. */
  readonly plain: ContentSource;
  /** For the others. */
  readonly cut: ContentSource;
  /** For the chunks of these. */
  readonly reader: ChunkReader;
}

/** A file that is to be read. */
interface FoundFile {
  readonly entry: Entry;
  readonly source: ContentSource;
  readonly cut: CutContent | undefined;
}

function createArchive(table: IndexTable, { plain, cut, reader }: ArchiveSources): Archive {
  const findPath = createPathLookup(table);
  /** The place of a file whose path is spelled canonically, which nearly all callers do: -1 if there is none. */
  const directPlace = (path: string): number => {
    const at = findPath(path);
    // Paths in the index are valid, so a path that is found is, too. The exception is a lone surrogate, which is
    // searched for as U+FFFD and may be found as that. Such a path is longer in bytes than in code units: equal lengths
    // prove that there is none, without looking at each character.
    return at >= 0 && (table.columns.pathLength[at] === path.length || isValidPath(path)) ? at : -1;
  };
  const place = (path: string): number => {
    const direct = directPlace(path);
    if (direct >= 0) return direct;
    const canonical = canonicalPath(path);
    return canonical === undefined || canonical === path ? -1 : findPath(canonical);
  };
  const isDirectory = (path: string): boolean => {
    const canonical = canonicalPath(path);
    if (canonical === undefined || canonical === rootPath) return canonical === rootPath;
    const { from, to } = placesIn(table, canonical);
    return from < to;
  };
  /** The files below a directory, which must exist. */
  const placesOf = (directory: string): PlaceRange & { readonly path: string } => {
    const path = normalizePath(directory);
    const places = placesIn(table, path);
    if (places.from < places.to || path === rootPath) return { ...places, path };
    throw findPath(path) < 0 ? notFound(path, "directory") : wrongKind(path, "file", "directory");
  };
  const file = (path: string): FoundFile => {
    const canonical = normalizePath(path);
    const at = findPath(canonical);
    if (at >= 0) {
      const entry = entryAt(table, at, canonical);
      const chunks = chunksAt(table, at);
      if (chunks === undefined) return { entry, source: plain, cut: undefined };
      return { entry, source: cut, cut: { chunks, reader } };
    }
    throw isDirectory(canonical) ? wrongKind(canonical, "directory", "file") : notFound(canonical, "file");
  };

  async function readFile(path: string, options?: ReadOptions): Promise<Uint8Array>;
  async function readFile(path: string, encoding: "utf8", options?: ReadOptions): Promise<string>;
  async function readFile(
    path: string,
    encoding: ReadOptions | "utf8" = {},
    options: ReadOptions = {},
  ): Promise<Uint8Array | string> {
    if (typeof encoding === "string") checkOneOf("encoding", encoding, ["utf8"]);
    const { range, signal } = encoding === "utf8" ? options : encoding;
    checkSignal(signal);
    const found = file(path);
    const content = await readContent(found.source, found.entry, { range, signal, cut: found.cut });
    return encoding === "utf8" ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(content) : content;
  }

  return {
    entryCount: table.count,
    dataSize: table.dataSize,
    dataHash: table.dataHash,
    index: table.bytes,
    data: plain.data,
    entry(path) {
      const direct = directPlace(path);
      if (direct >= 0) return entryAt(table, direct, path);
      const at = place(path);
      return at < 0 ? undefined : entryAt(table, at);
    },
    chunks(path) {
      const at = place(path);
      return at < 0 ? undefined : chunksAt(table, at);
    },
    exists: (path) => place(path) >= 0 || isDirectory(path),
    isFile: (path) => place(path) >= 0,
    isDirectory,
    stat(path) {
      const at = place(path);
      if (at >= 0) {
        const entry = entryAt(table, at);
        return { kind: "file", name: baseName(entry.path), path: entry.path, entry };
      }
      const canonical = canonicalPath(path);
      if (canonical === undefined || !isDirectory(canonical)) return undefined;
      return { kind: "directory", name: baseName(canonical), path: canonical };
    },
    readDirectory(path) {
      const places = placesOf(path);
      return listDirectory(table, places.path, places).slice();
    },
    listDirectory(path, options) {
      const places = placesOf(path);
      return listDirectory(table, places.path, places, options);
    },
    entries: (directory = rootPath) => entriesAt(table, placesOf(directory)),
    directoryStats: (directory = rootPath) => sumUp(table, placesOf(directory)),
    validateFiles(paths) {
      const unknown = Array.from(paths).filter((path) => place(path) < 0);
      if (unknown.length > 0) throw notFiles(unknown);
    },
    readFile,
    stream(path, { range, signal } = {}) {
      const found = file(path);
      return streamContent(found.source, found.entry, { range, signal, cut: found.cut });
    },
  };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function* entriesAt(table: IndexTable, { from, to }: PlaceRange): Generator<Entry, void, undefined> {
  for (let at = from; at < to; at++) yield entryAt(table, at);
}

function notFound(path: string, what: "file" | "directory"): FormatError {
  return new FormatError("NotFound", `The archive has no ${what} ${JSON.stringify(path)}`, { path, what });
}

/** Names only the first few paths: a caller may have asked for thousands. */
function notFiles(paths: readonly string[]): FormatError {
  const named = paths.slice(0, 10).map((path) => JSON.stringify(path));
  const more = paths.length > named.length ? ` and ${paths.length - named.length} more` : "";
  return new FormatError("NotFound", `Not files of the archive: ${named.join(", ")}${more}`, {
    path: paths[0],
    what: "file",
  });
}

function wrongKind(path: string, actual: string, expected: string): FormatError {
  return new FormatError(
    "WrongKind",
    `${JSON.stringify(path)} is a ${actual} in the archive, not a ${expected}`,
    {
      path,
    },
  );
}
