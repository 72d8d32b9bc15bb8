import type { Archive, DirectoryEntry, ListOptions } from "@blob/format";

export interface WalkEntriesOptions extends ListOptions {
  /** How many levels of directories are entered. Default: all. */
  readonly levels?: number | undefined;
  /** Leaves files out. Default false. */
  readonly directoriesOnly?: boolean | undefined;
}

/** Something below a directory, where a tree shows it. */
export interface WalkedEntry {
  readonly kind: DirectoryEntry["kind"];
  readonly name: string;
  /** All of it, with its path: made when it is asked for. */
  readonly entry: () => DirectoryEntry | undefined;
  /** How many directories lie between. */
  readonly depth: number;
  /** Whether nothing comes after it in its directory. */
  readonly isLast: boolean;
}

/**
 * Everything below a directory, lazily: each directory before what is in it. Not by recursion, since an archive may have
 * more levels than a stack has room for. Errors as of `listDirectory`, before the first entry.
 */
export function* walkEntries(
  archive: Archive,
  directory: string,
  { levels = Infinity, directoriesOnly = false, ...given }: WalkEntriesOptions = {},
): Generator<WalkedEntry, void, undefined> {
  const options = directoriesOnly ? { ...given, directoriesFirst: true } : given;
  const open = [{ listing: archive.listDirectory(directory, options), next: 0 }];
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const { listing } = level;
    const index = level.next++;
    const kind = listing.kindAt(index);
    if (kind === undefined || (directoriesOnly && kind === "file")) {
      open.pop();
      continue;
    }
    const isLast =
      level.next === listing.length || (directoriesOnly && listing.kindAt(level.next) === "file");
    const name = listing.nameAt(index) ?? "";
    yield { kind, name, entry: () => listing.at(index), depth: open.length - 1, isLast };
    const below = kind === "directory" && open.length < levels ? listing.listAt(index) : undefined;
    if (below !== undefined) open.push({ listing: below, next: 0 });
  }
}
