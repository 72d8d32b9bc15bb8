import type { Archive, DirectoryEntry } from "@blob/format";

export interface TreeRow {
  readonly node: DirectoryEntry;
  /** 0 for what is in the root. */
  readonly depth: number;
}

/** The rows that can be scrolled to: the contents of the root and of every expanded directory. Never changed in place. */
export interface Tree {
  readonly rows: readonly TreeRow[];
  readonly expanded: ReadonlySet<string>;
}

/** Lists a directory of the archive. */
export type ListDirectory = (path: string) => readonly DirectoryEntry[];

/** Lists each directory once: that of 200,000 entries takes a moment. */
export function createLister(archive: Archive): ListDirectory {
  const listed = new Map<string, readonly DirectoryEntry[]>();
  return (path) => {
    const known = listed.get(path) ?? archive.readDirectory(path);
    listed.set(path, known);
    return known;
  };
}

export function createTree(list: ListDirectory): Tree {
  return { rows: list("").map((node) => ({ node, depth: 0 })), expanded: new Set() };
}

/** Shows what is in the directory of a row. The same tree when there is nothing to show. */
export function expand(tree: Tree, at: number, list: ListDirectory): Tree {
  const row = tree.rows[at];
  if (row?.node.kind !== "directory" || tree.expanded.has(row.node.path)) return tree;
  const depth = row.depth + 1;
  const children = list(row.node.path).map((node): TreeRow => ({ node, depth }));
  return {
    // Not by spreading arguments: a stack does not hold 200,000.
    rows: tree.rows.slice(0, at + 1).concat(children, tree.rows.slice(at + 1)),
    expanded: new Set([...tree.expanded, row.node.path]),
  };
}

/** Hides what is below the directory of a row, and forgets what was expanded there. */
export function collapse(tree: Tree, at: number): Tree {
  const row = tree.rows[at];
  if (row === undefined || !tree.expanded.has(row.node.path)) return tree;
  const { path } = row.node;
  let end = at + 1;
  while ((tree.rows[end]?.depth ?? -1) > row.depth) end += 1;
  return {
    rows: tree.rows.slice(0, at + 1).concat(tree.rows.slice(end)),
    expanded: new Set([...tree.expanded].filter((one) => one !== path && !one.startsWith(`${path}/`))),
  };
}

/** The row of the directory that a row is in; -1 for what is in the root. */
export function parentOf(tree: Tree, at: number): number {
  const depth = tree.rows[at]?.depth ?? 0;
  for (let above = at - 1; above >= 0; above -= 1) {
    if ((tree.rows[above]?.depth ?? 0) < depth) return above;
  }
  return -1;
}

/** Expands the directories that lead to a path. Its row is -1 when the archive has no such path. */
export function reveal(
  tree: Tree,
  path: string,
  list: ListDirectory,
): { readonly tree: Tree; readonly at: number } {
  let shown = tree;
  let at = -1;
  for (let end = path.indexOf("/"); ; end = path.indexOf("/", end + 1)) {
    const step = end === -1 ? path : path.slice(0, end);
    at = shown.rows.findIndex(({ node }, row) => row > at && node.path === step);
    if (at === -1 || end === -1) return { tree: shown, at };
    shown = expand(shown, at, list);
  }
}
