import { counted } from "../../output/sizes.js";
import type { Archive, DirectoryListing } from "@blob/format";
import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import { wholeNumber } from "../../command-line/flag-parsers.js";
import { archivePath } from "../../archive-path.js";
import { withPathHint } from "../../errors/path-hint.js";
import type { Line } from "../../output/line.js";
import type { Session } from "../../session/session.js";
import { UsageError } from "../../errors/usage-error.js";
import { walkEntries } from "../../walk-entries.js";

const declareTree: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob tree ghcr.io/acme/site:v1",
    "blob tree -L 2 --dirsfirst ghcr.io/acme/site:v1 docs",
  );
  command
    .argument("<reference>")
    .argument("[path]", "a directory", "")
    .option("-L, --level <depth>", "go no deeper than this; 0 is no limit", wholeNumber)
    .option("-d, --dirs", "directories only")
    .option("--dirsfirst", "directories before files")
    .action((reference: string, path: string, flags: TreeFlags) =>
      run((session) => tree(session, reference, path, flags)),
    );
};

export const declarations: Declarations = { tree: declareTree };

export interface TreeFlags {
  readonly level?: number | undefined;
  readonly dirsfirst?: boolean;
  readonly dirs?: boolean;
}

interface TreeNode {
  readonly name: string;
  readonly path: string;
  readonly is_dir: boolean;
  /** Listed when it is looked at: a tree may be larger than memory. */
  readonly children?: Iterable<TreeNode>;
}

interface Count {
  directories: number;
  files: number;
}

export async function tree(
  session: Session,
  reference: string,
  wanted: string,
  flags: TreeFlags,
): Promise<void> {
  if (flags.level !== undefined && flags.level < 0)
    throw new UsageError("--level: it is 1 or more, or 0 for all");
  // As in the Go command.
  if (flags.level === 0) return tree(session, reference, wanted, { ...flags, level: undefined });
  const path = archivePath(wanted);
  const { archive } = await session.open(reference);
  // Says what is wrong with the path before anything is printed.
  const options = { directoriesFirst: flags.dirsfirst === true || flags.dirs === true };
  const listing = await withPathHint(archive, () => archive.listDirectory(path, options));
  const name = path === "" ? "." : path;
  const count: Count = { directories: 0, files: 0 };
  const children = childrenOf(listing, flags, flags.level ?? Infinity, count);
  await session.output.result(
    {
      ref: reference,
      path: path || "/",
      root: { name, path, is_dir: true, children },
      // They are known when the children were listed.
      get directory_count() {
        return count.directories;
      },
      get file_count() {
        return count.files;
      },
    },
    function* () {
      yield name;
      yield* treeLines(archive, path, flags, count);
      yield "";
      yield `${counted(count.directories, "directory", "directories")}, ${counted(count.files, "file")}`;
    },
  );
}

function* childrenOf(
  listing: DirectoryListing,
  flags: TreeFlags,
  levels: number,
  count: Count,
): Generator<TreeNode, void, undefined> {
  for (let index = 0; index < listing.length; index += 1) {
    const entry = listing.at(index);
    if (entry === undefined || (flags.dirs === true && entry.kind === "file")) return;
    const { kind, name, path } = entry;
    if (kind === "file") {
      count.files += 1;
      yield { name, path, is_dir: false };
    } else {
      count.directories += 1;
      const below = levels > 1 ? listing.listAt(index) : undefined;
      const children = below === undefined ? [] : childrenOf(below, flags, levels - 1, count);
      yield { name, path, is_dir: true, children };
    }
  }
}

/** A line for everything below a directory, which is counted on the way. */
export function* treeLines(
  archive: Archive,
  directory: string,
  flags: TreeFlags,
  count: Count,
): Generator<Line, void, undefined> {
  const options = {
    levels: flags.level,
    directoriesFirst: flags.dirsfirst,
    directoriesOnly: flags.dirs,
  };
  /** Before what is in the directories that are open. */
  const indents = [""];
  for (const { kind, name, depth, isLast } of walkEntries(archive, directory, options)) {
    const isDirectory = kind === "directory";
    if (isDirectory) count.directories += 1;
    else count.files += 1;
    const indent = indents[depth] ?? "";
    indents[depth + 1] = indent + (isLast ? "    " : "│   ");
    const branch = `${indent}${isLast ? "└── " : "├── "}`;
    yield isDirectory ? [branch, { text: `${name}/`, color: "blue" }] : `${branch}${name}`;
  }
}
