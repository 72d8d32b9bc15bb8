import type { Archive } from "@blob/format";
import { withPathHint } from "../path-hint.js";
import type { Session } from "../session.js";
import { UsageError } from "../usage-error.js";

export interface TreeFlags {
  readonly level?: number;
  readonly dirsfirst?: boolean;
}

interface TreeNode {
  readonly name: string;
  readonly path: string;
  readonly is_dir: boolean;
  readonly children?: readonly TreeNode[];
}

export async function tree(
  session: Session,
  reference: string,
  path: string,
  flags: TreeFlags,
): Promise<void> {
  if (flags.level !== undefined && flags.level < 1) throw new UsageError("--level: it is 1 or more");
  const { archive } = await session.open(reference);
  const count = { directories: 0, files: 0 };
  const root: TreeNode = {
    name: path === "" ? "." : path,
    path,
    is_dir: true,
    children: await withPathHint(archive, () =>
      childrenOf(archive, path, flags, flags.level ?? Infinity, count),
    ),
  };
  await session.output.result(
    { ref: reference, path: path || "/", root, directory_count: count.directories, file_count: count.files },
    function* () {
      yield root.name;
      yield* lines(root.children ?? [], "");
      yield "";
      yield `${String(count.directories)} directories, ${String(count.files)} files`;
    },
  );
}

function childrenOf(
  archive: Archive,
  directory: string,
  flags: TreeFlags,
  depth: number,
  count: { directories: number; files: number },
): readonly TreeNode[] {
  const listed = archive.readDirectory(directory);
  const ordered =
    flags.dirsfirst === true
      ? [
          ...listed.filter(({ kind }) => kind === "directory"),
          ...listed.filter(({ kind }) => kind === "file"),
        ]
      : listed;
  return ordered.map(({ kind, name, path }) => {
    if (kind === "file") {
      count.files += 1;
      return { name, path, is_dir: false };
    }
    count.directories += 1;
    return {
      name,
      path,
      is_dir: true,
      children: depth > 1 ? childrenOf(archive, path, flags, depth - 1, count) : [],
    };
  });
}

function* lines(nodes: readonly TreeNode[], indent: string): Generator<string> {
  for (const [at, node] of nodes.entries()) {
    const last = at === nodes.length - 1;
    yield `${indent}${last ? "└── " : "├── "}${node.name}${node.is_dir ? "/" : ""}`;
    yield* lines(node.children ?? [], indent + (last ? "    " : "│   "));
  }
}
