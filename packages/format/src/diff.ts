import type { Archive } from "./archive.js";
import { comparePaths } from "./paths/compare-bytes.js";
import type { Entry } from "./entry.js";

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
export function diffArchives(before: Archive, after: Archive): ArchiveDiff {
  const added: Entry[] = [];
  const removed: Entry[] = [];
  const changed: ChangedEntry[] = [];
  const olds = before.entries();
  const news = after.entries();
  let old = next(olds);
  let current = next(news);
  while (old !== undefined || current !== undefined) {
    const order = old === undefined ? 1 : current === undefined ? -1 : comparePaths(old.path, current.path);
    if (order === 0 && old !== undefined && current !== undefined && !hasSameContent(old, current)) {
      changed.push({ path: old.path, before: old, after: current });
    }
    if (order < 0 && old !== undefined) removed.push(old);
    if (order > 0 && current !== undefined) added.push(current);
    if (order <= 0) old = next(olds);
    if (order >= 0) current = next(news);
  }
  return { added, removed, changed };
}

function next(entries: Iterator<Entry>): Entry | undefined {
  const result = entries.next();
  return result.done === true ? undefined : result.value;
}

function hasSameContent(a: Entry, b: Entry): boolean {
  return a.size === b.size && a.hash.every((byte, i) => byte === b.hash[i]);
}
