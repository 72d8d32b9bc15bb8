import { once } from "@blob/core/bytes";
import type { Archive, Entry, PlannedRead } from "@blob/format";
import { isFormatError, planReads, readPlanned } from "@blob/format";
import type { ContentStore } from "@blob/format/node";
import { ClientError } from "../errors.js";
import { together } from "@blob/core/concurrency";
import type { Codecs } from "./codecs.js";
import { loadCodecs } from "./codecs.js";
import type { ArchiveOrPlace } from "./open.js";
import { openInput } from "./open.js";
import type { PullOptions } from "./pull.js";
import type { VerbContext } from "./verb-context.js";

/** How much may be read, and which policies the archive has to satisfy first. */
export interface ReadFilesOptions extends PullOptions {
  /** Bytes of all contents together; more is refused before anything is read. Default 1 GiB. */
  readonly maxTotalBytes?: number | undefined;
}

const defaultMaxTotalBytes = 1024 * 1024 * 1024;

/** Up to this many unwanted bytes between two files are fetched, because another request would cost more. */
const maxGapBytes = 64 * 1024;

/** The most that one request asks for: as much as it holds in memory. */
const maxRangeBytes = 8 * 1024 * 1024;

/** How many requests are under way at once. */
const width = 4;

/**
 * Codes that a merged read may fail with because of a wrong cached block. Reading the file by itself drops the block.
 */
const wrongData: readonly string[] = ["HashMismatch", "Decompression", "SourceMismatch"];

/**
 * Reads files by their paths: neighbours in the data with one request together, each verified by itself. What the content
 * cache has is not fetched.
 *
 * @throws FormatError `NotFound` with all paths that are no files, before anything is read, and what `readFile` throws;
 *   ClientError `SizeExceeded` for more than `maxTotalBytes`.
 */
export async function readFiles(
  context: VerbContext,
  input: ArchiveOrPlace,
  paths: Iterable<string>,
  options: ReadFilesOptions = {},
): Promise<ReadonlyMap<string, Uint8Array>> {
  const names = [...new Set(paths)];
  await using opened = await openInput(context, input, options, { wholeFiles: true });
  const { archive, reference, contents } = opened;
  const wanted = wantedEntries(archive, names);
  checkTotal(wanted.values(), options.maxTotalBytes ?? defaultMaxTotalBytes, reference);
  const codecs = await loadCodecs();
  const found = new Map<string, Uint8Array>();
  const missing = await takeKnown(contents, wanted, found, options.signal);
  const queue = planReads(missing, { maxGapBytes, maxRangeBytes }).values();
  await together(options.signal, (signal) =>
    Array.from({ length: width }, async () => {
      for (const read of queue) await readRange({ archive, contents, codecs, found }, read, options, signal);
    }),
  );
  const contentOf = ([name, { path }]: readonly [string, Entry]): readonly [string, Uint8Array][] => {
    const content = found.get(path);
    return content === undefined ? [] : [[name, content]];
  };
  return new Map([...wanted].flatMap(contentOf));
}

/** The files by the names that the caller used, which need not be spelled canonically. */
function wantedEntries(archive: Archive, names: readonly string[]): ReadonlyMap<string, Entry> {
  archive.validateFiles(names);
  const wanted = new Map<string, Entry>();
  for (const name of names) {
    const entry = archive.entry(name);
    if (entry !== undefined) wanted.set(name, entry);
  }
  return wanted;
}

function checkTotal(entries: Iterable<Entry>, limit: number, reference: string | undefined): void {
  let total = 0;
  for (const { size } of entries) total += size;
  if (total <= limit) return;
  const message = `${reference ?? "the archive"}: these files have ${String(total)} bytes, which is over the limit of ${String(limit)} (maxTotalBytes); extract them, or read one after another`;
  throw new ClientError("SizeExceeded", message, { reference });
}

/** Adds the contents that the cache has, and returns the files that are missing, each once. */
async function takeKnown(
  contents: ContentStore | undefined,
  wanted: ReadonlyMap<string, Entry>,
  found: Map<string, Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<readonly Entry[]> {
  const missing = new Map<string, Entry>();
  for (const entry of wanted.values()) {
    const known =
      entry.size === 0 ? undefined : await contents?.get(entry.hash, { maxBytes: entry.size, signal });
    if (known?.length === entry.size) found.set(entry.path, known);
    else missing.set(entry.path, entry);
  }
  return [...missing.values()];
}

interface ReadInto {
  readonly archive: Archive;
  readonly contents: ContentStore | undefined;
  readonly codecs: Codecs;
  readonly found: Map<string, Uint8Array>;
}

async function readRange(
  { archive, contents, codecs, found }: ReadInto,
  read: PlannedRead,
  { limits }: PullOptions,
  signal: AbortSignal,
): Promise<void> {
  const [only, ...more] = read.entries;
  if (only !== undefined && more.length > 0 && (await readMerged())) return;
  for (const { path } of read.entries) {
    if (!found.has(path)) found.set(path, await archive.readFile(path, { signal }));
  }

  /** Returns false if the data of some file is wrong: each missing file is then read by itself. */
  async function readMerged(): Promise<boolean> {
    try {
      for await (const { entry, content } of readPlanned(archive.data, read, { ...codecs, limits, signal })) {
        found.set(entry.path, content);
        if (content.length > 0) await contents?.put(entry.hash, once(content), { signal });
      }
      return true;
    } catch (error) {
      if (isFormatError(error) && wrongData.includes(error.code)) return false;
      throw error;
    }
  }
}
