import { nextTurn } from "@blob/core/concurrency";
import type { Archive, DirectoryEntry, DirectoryListing } from "@blob/format";
import { search } from "./search.js";

/** A bounded part of a directory. */
export interface ListingPage {
  readonly entries: readonly DirectoryEntry[];
  /** Directories and files in the directory; of a search, all files below it. */
  readonly total: number;
  /** Of these, how many fit the filter. */
  readonly found: number;
  /** From 1 on. */
  readonly page: number;
  readonly pages: number;
}

export interface ListingRequest {
  /** Part of the names, in any case. */
  readonly filter: string;
  readonly page: number;
}

export type Lister = (path: string, request: ListingRequest, signal: AbortSignal) => Promise<ListingPage>;

/** Keeps a page below some 300 KB. */
export const entriesPerPage = 500;

/** So many names are compared with a filter before other requests get their turn: about 2 ms. */
const namesPerTurn = 5000;

/** And so many characters, should names be long. */
const lengthPerTurn = 256 * 1024;

/**
 * Lists directories a page at a time, directories first: only a page's entries are made. Remembers the last listing and
 * what of it fits the last filter, since pages of large ones are asked for one by one.
 */
export function createLister(archive: Archive): Lister {
  let last: { readonly path: string; readonly listing: DirectoryListing } | undefined;
  let lastFound:
    | { readonly listing: DirectoryListing; readonly filter: string; readonly found: readonly number[] }
    | undefined;

  async function fitting(
    listing: DirectoryListing,
    filter: string,
    signal: AbortSignal,
  ): Promise<readonly number[]> {
    if (lastFound?.listing === listing && lastFound.filter === filter) return lastFound.found;
    const found: number[] = [];
    let names = 0;
    let length = 0;
    for (let index = 0; index < listing.length; index += 1) {
      if (names >= namesPerTurn || length >= lengthPerTurn) {
        await nextTurn();
        signal.throwIfAborted();
        names = 0;
        length = 0;
      }
      const name = listing.nameAt(index) ?? "";
      names += 1;
      length += name.length;
      if (name.toLowerCase().includes(filter)) found.push(index);
    }
    lastFound = { listing, filter, found };
    return found;
  }

  return async (path, { filter, page }, signal) => {
    let current = last;
    if (current?.path !== path) {
      current = { path, listing: archive.listDirectory(path, { directoriesFirst: true }) };
      last = current;
      // Of a large directory that takes as long as its page does: others need not wait for both.
      await nextTurn();
    }
    const { listing } = current;
    const found = filter === "" ? undefined : await fitting(listing, filter.toLowerCase(), signal);
    const count = found?.length ?? listing.length;
    const pages = Math.max(1, Math.ceil(count / entriesPerPage));
    const shown = Math.min(Math.max(1, page), pages);
    const from = (shown - 1) * entriesPerPage;
    const entries =
      found === undefined
        ? listing.slice(from, from + entriesPerPage)
        : found.slice(from, from + entriesPerPage).flatMap((index) => listing.at(index) ?? []);
    return { entries, total: listing.length, found: count, page: shown, pages };
  };
}

/** A page of the files below a directory whose paths from there fit the filter, by these paths. Looks at all of them. */
export async function listFound(
  archive: Archive,
  path: string,
  { filter, page }: ListingRequest,
  signal: AbortSignal,
): Promise<ListingPage> {
  const from = path === "" ? 0 : path.length + 1;
  const wanted = (Math.max(1, page) - 1) * entriesPerPage;
  const pageOf = async (first: number): Promise<{ entries: DirectoryEntry[]; found: number }> => {
    const entries: DirectoryEntry[] = [];
    let found = 0;
    for await (const some of search(archive, path, filter, signal)) {
      for (const entry of some) {
        if (found >= first && entries.length < entriesPerPage) {
          entries.push({ kind: "file", name: entry.path.slice(from), path: entry.path, entry });
        }
        found += 1;
      }
    }
    return { entries, found };
  };
  const asked = await pageOf(wanted);
  const pages = Math.max(1, Math.ceil(asked.found / entriesPerPage));
  const shown = Math.min(Math.max(1, page), pages);
  const { entries } = shown === Math.max(1, page) ? asked : await pageOf((shown - 1) * entriesPerPage);
  return { entries, total: archive.directoryStats(path).files, found: asked.found, page: shown, pages };
}
