import type { Archive, DirectoryEntry } from "@blob/format";

/** A bounded part of a directory. */
export interface ListingPage {
  readonly entries: readonly DirectoryEntry[];
  /** Directories and files in the directory. */
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

/** Keeps a page below some 300 KB. */
export const entriesPerPage = 500;

/** Lists directories a page at a time. Remembers the last one, since pages of large ones are asked for one by one. */
export function createLister(archive: Archive): (path: string, request: ListingRequest) => ListingPage {
  let last: { readonly path: string; readonly entries: readonly DirectoryEntry[] } | undefined;
  return (path, { filter, page }) => {
    if (last?.path !== path) last = { path, entries: directoriesFirst(archive.readDirectory(path)) };
    const { entries } = last;
    const wanted = filter.toLowerCase();
    const fitting =
      wanted === "" ? entries : entries.filter(({ name }) => name.toLowerCase().includes(wanted));
    const pages = Math.max(1, Math.ceil(fitting.length / entriesPerPage));
    const shown = Math.min(Math.max(1, page), pages);
    return {
      entries: fitting.slice((shown - 1) * entriesPerPage, shown * entriesPerPage),
      total: entries.length,
      found: fitting.length,
      page: shown,
      pages,
    };
  };
}

function directoriesFirst(entries: readonly DirectoryEntry[]): readonly DirectoryEntry[] {
  const of = (kind: DirectoryEntry["kind"]): DirectoryEntry[] => entries.filter((one) => one.kind === kind);
  return [...of("directory"), ...of("file")];
}
