import type { DirectoryEntry, DirectoryListing } from "@blob/format";

export interface TreeRow {
  readonly node: DirectoryEntry;
  /** 0 for what is in the root. */
  readonly depth: number;
  /** Whether what is in it is shown below it. */
  readonly isExpanded: boolean;
}

/**
 * The rows that can be scrolled to: the contents of the root and of every expanded directory. Never changed in place. It
 * costs what is expanded, not how many rows there are: a row is made when it is asked for.
 */
export interface Tree {
  /** How many rows there are. */
  readonly length: number;
  /** From the top. One ends where its listing does, or with a directory whose content follows. */
  readonly stretches: readonly Stretch[];
}

/** Rows of one directory that stand together. */
interface Stretch {
  readonly listing: DirectoryListing;
  readonly depth: number;
  /** Which part of the listing. */
  readonly from: number;
  readonly to: number;
  /** The first row. */
  readonly start: number;
}

type Part = Omit<Stretch, "start">;

export function createTree(root: DirectoryListing): Tree {
  return treeOf([wholeOf(root, 0)]);
}

export function rowAt(tree: Tree, at: number): TreeRow | undefined {
  const index = stretchAt(tree, at);
  const stretch = tree.stretches[index];
  if (stretch === undefined) return undefined;
  const place = stretch.from + at - stretch.start;
  const node = stretch.listing.at(place);
  return node && { node, depth: stretch.depth, isExpanded: isExpandedAt(tree, index, place) };
}

/** Shows what is in the directory of a row. The same tree when there is nothing to show. */
export function expand(tree: Tree, at: number): Tree {
  const row = rowAt(tree, at);
  if (row?.node.kind !== "directory" || row.isExpanded) return tree;
  const index = stretchAt(tree, at);
  return treeOf(
    tree.stretches.flatMap((stretch, one): readonly Part[] => {
      if (one !== index) return [stretch];
      const place = stretch.from + at - stretch.start;
      const children = listingIn(stretch.listing, place);
      if (children === undefined) return [stretch];
      const cut = place + 1;
      return [{ ...stretch, to: cut }, wholeOf(children, row.depth + 1), { ...stretch, from: cut }];
    }),
  );
}

/** Hides what is below the directory of a row, and forgets what was expanded there. */
export function collapse(tree: Tree, at: number): Tree {
  const row = rowAt(tree, at);
  if (row?.isExpanded !== true) return tree;
  const index = stretchAt(tree, at);
  let end = index + 1;
  while ((tree.stretches[end]?.depth ?? -1) > row.depth) end += 1;
  return treeOf(tree.stretches.slice(0, index + 1).concat(tree.stretches.slice(end)));
}

/** The row of the directory that a row is in; -1 for what is in the root. */
export function parentOf(tree: Tree, at: number): number {
  const index = stretchAt(tree, at);
  const depth = tree.stretches[index]?.depth ?? 0;
  for (let above = index - 1; above >= 0; above -= 1) {
    const stretch = tree.stretches[above];
    if (stretch !== undefined && stretch.depth < depth) return endOf(stretch) - 1;
  }
  return -1;
}

/** Expands the directories that lead to a path. The row is -1, and the tree the same, when the archive has no such path. */
export function reveal(tree: Tree, path: string): { readonly tree: Tree; readonly at: number } {
  const above: Part[] = [];
  /** What follows, the next one last. */
  const rest: Part[] = tree.stretches.toReversed();
  let rows = 0;
  const pass = (part: Part): void => {
    above.push(part);
    rows += part.to - part.from;
  };
  let begin = 0;
  for (let depth = 0; ; depth += 1) {
    const end = path.indexOf("/", begin);
    const name = end === -1 ? path.slice(begin) : path.slice(begin, end);
    const place = rest.at(-1)?.listing.indexOf(name) ?? -1;
    let part = rest.pop();
    while (part !== undefined && (part.depth > depth || part.to <= place)) {
      pass(part);
      part = rest.pop();
    }
    if (part === undefined || place === -1) return { tree, at: -1 };
    if (end === -1) {
      return { tree: treeOf([...above, part, ...rest.toReversed()]), at: rows + place - part.from };
    }
    const isExpanded = place === part.to - 1 && (rest.at(-1)?.depth ?? 0) > depth;
    if (!isExpanded) {
      const children = listingIn(part.listing, place);
      if (children === undefined) return { tree, at: -1 };
      rest.push({ ...part, from: place + 1 }, wholeOf(children, depth + 1));
    }
    pass({ ...part, to: place + 1 });
    begin = end + 1;
  }
}

/** By the listing that a directory is in and by its place there. */
const listings = new WeakMap<DirectoryListing, Map<number, DirectoryListing>>();

/** What is in a directory. Each is listed once: that of 200,000 entries takes a moment. */
function listingIn(listing: DirectoryListing, place: number): DirectoryListing | undefined {
  const known = listings.get(listing) ?? new Map<number, DirectoryListing>();
  listings.set(listing, known);
  const found = known.get(place) ?? listing.listAt(place);
  if (found !== undefined) known.set(place, found);
  return found;
}

function wholeOf(listing: DirectoryListing, depth: number): Part {
  return { listing, depth, from: 0, to: listing.length };
}

/** Leaves out what is empty, and puts together what belongs together. */
function treeOf(parts: readonly Part[]): Tree {
  const stretches: Stretch[] = [];
  for (const { listing, depth, from, to } of parts) {
    if (from === to) continue;
    const last = stretches.at(-1);
    if (last?.listing === listing && last.to === from) {
      stretches[stretches.length - 1] = { ...last, to };
    } else {
      stretches.push({ listing, depth, from, to, start: last === undefined ? 0 : endOf(last) });
    }
  }
  const last = stretches.at(-1);
  return { length: last === undefined ? 0 : endOf(last), stretches };
}

function endOf({ start, from, to }: Stretch): number {
  return start + to - from;
}

/** Which stretch a row is in; -1 for what is no row. */
function stretchAt({ length, stretches }: Tree, at: number): number {
  if (!(at >= 0 && at < length)) return -1;
  let low = 0;
  let high = stretches.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((stretches[middle]?.start ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** What is shown below a directory follows the stretch that ends with it. */
function isExpandedAt({ stretches }: Tree, index: number, place: number): boolean {
  const stretch = stretches[index];
  return (
    stretch !== undefined && place === stretch.to - 1 && (stretches[index + 1]?.depth ?? -1) > stretch.depth
  );
}
