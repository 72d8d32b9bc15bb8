import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import { onTestFinished } from "vitest";

/** An empty directory that is removed when the test has ended. */
export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "blob-format-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Files by their slash-separated paths. */
export type Tree = Readonly<Record<string, string | Uint8Array>>;

/** Synchronously inside, as {@link readTree} is: a thousand small files take a fifth of the time. */
export async function writeTree(directory: string, tree: Tree): Promise<string> {
  const made = new Set<string>();
  const make = (folder: string): void => {
    if (!made.has(folder)) mkdirSync(folder, { recursive: true });
    made.add(folder);
  };
  make(directory);
  for (const [path, content] of Object.entries(tree)) {
    const file = join(directory, path);
    make(dirname(file));
    writeFileSync(file, content);
  }
  return directory;
}

/** The content of every file below a directory, as text. Directories end in a slash, links in `@`. */
export async function readTree(directory: string): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(directory.length + 1).replaceAll(sep, "/");
    if (entry.isDirectory()) tree[`${path}/`] = "";
    else if (entry.isSymbolicLink()) tree[`${path}@`] = "";
    else tree[path] = readFileSync(file, "latin1");
  }
  return tree;
}
