import { toHex } from "@blob/core/bytes";

import type { Archive } from "./archive.js";
import { atOnce, inTurns, filesPerStep } from "./index-codec/steps.js";
import type { Steps } from "./index-codec/steps.js";
import { checkBoolean, checkSignal } from "./option-values.js";
import { comparePaths } from "./paths/compare-bytes.js";
import type { Entry } from "./entry.js";
import type { SignalOptions } from "./sources/byte-source.js";
import { transferSizeOf } from "./transfer-size.js";

/** A file that both archives have, with other content. */
export interface ChangedEntry {
  /** The path that they have in both archives. */
  readonly path: string;
  /** The file in the first archive. */
  readonly before: Entry;
  /** The file in the second archive. */
  readonly after: Entry;
}

/** What it takes to get from one archive to another. Each list is in the order of the paths' bytes. */
export interface ArchiveDiff {
  /** Files that only the second archive has. */
  readonly added: readonly Entry[];
  /** Files that only the first archive has. */
  readonly removed: readonly Entry[];
  /** Files that both have under the same path, with different content. */
  readonly changed: readonly ChangedEntry[];
  /**
   * With `stat`: the stored bytes that `syncDirectory` fetches, at most, to make a directory that is as the first archive
   * what the second one is. Of large files whose chunks both indexes describe these are the chunks that the first one does
   * not have.
   */
  readonly transferSize?: number | undefined;
}

/** What is told of two archives. */
export interface DiffArchivesOptions {
  /** Also how many bytes a sync from one to the other fetches. Default false. */
  readonly stat?: boolean | undefined;
}

/**
 * Compares the content of two archives by the hashes in their indexes: no data is read. Modes, times and owners do not
 * count, and a file that moved is one removed and one added.
 *
 * @example
 * ```ts
 * const [before, after] = [await client.pull("ghcr.io/acme/site:v1"), await client.pull("ghcr.io/acme/site:v2")];
 * const { added, removed, changed } = diffArchives(before, after);
 * ```
 */
export function diffArchives(
  before: Archive,
  after: Archive,
  options: DiffArchivesOptions = {},
): ArchiveDiff {
  return atOnce(diffSteps(before, after, options));
}

/**
 * As {@link diffArchives}, for threads that have others to serve: compares a few thousand files, then lets others go on. An
 * abort is noticed there.
 */
export async function diffArchivesInTurns(
  before: Archive,
  after: Archive,
  { signal, ...options }: DiffArchivesOptions & SignalOptions = {},
): Promise<ArchiveDiff> {
  checkSignal(signal);
  return inTurns(diffSteps(before, after, options), signal);
}

function* diffSteps(
  before: Archive,
  after: Archive,
  { stat = false }: DiffArchivesOptions,
): Steps<ArchiveDiff> {
  checkBoolean("stat", stat);
  const added: Entry[] = [];
  const removed: Entry[] = [];
  const changed: ChangedEntry[] = [];
  const olds = before.entries();
  const news = after.entries();
  let old = next(olds);
  let current = next(news);
  for (let step = 1; old !== undefined || current !== undefined; step++) {
    if (step % filesPerStep === 0) yield;
    const order = old === undefined ? 1 : current === undefined ? -1 : comparePaths(old.path, current.path);
    if (order === 0 && old !== undefined && current !== undefined && !hasSameContent(old, current)) {
      changed.push({ path: old.path, before: old, after: current });
    }
    if (order < 0 && old !== undefined) removed.push(old);
    if (order > 0 && current !== undefined) added.push(current);
    if (order <= 0) old = next(olds);
    if (order >= 0) current = next(news);
  }
  if (!stat) return { added, removed, changed };
  return { added, removed, changed, transferSize: yield* transferSizeBetween(before, after) };
}

/** By what `syncDirectory` looks for: in the file itself, and in files that stay what they are. */
function* transferSizeBetween(before: Archive, after: Archive): Steps<number> {
  const kept = new Set<string>();
  const moving: string[] = [];
  let step = 0;
  for (const entry of after.entries()) {
    if (++step % filesPerStep === 0) yield;
    const old = before.entry(entry.path);
    if (old === undefined || !hasSameContent(old, entry)) moving.push(entry.path);
    else addChunks(kept, after, entry.path);
  }
  const own = new Set<string>();
  let ownPath: string | undefined;
  return transferSizeOf(after, moving, (path, { hash }) => {
    if (path !== ownPath) {
      own.clear();
      addChunks(own, before, path);
      ownPath = path;
    }
    const key = toHex(hash);
    return own.has(key) || kept.has(key);
  });
}

function addChunks(hashes: Set<string>, archive: Archive, path: string): void {
  for (const { hash } of archive.chunks(path) ?? []) hashes.add(toHex(hash));
}

function next(entries: Iterator<Entry>): Entry | undefined {
  const result = entries.next();
  return result.done === true ? undefined : result.value;
}

function hasSameContent(a: Entry, b: Entry): boolean {
  if (a.size !== b.size) return false;
  for (let at = 0; at < a.hash.length; at++) if (a.hash[at] !== b.hash[at]) return false;
  return true;
}
