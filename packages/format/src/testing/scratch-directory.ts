import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
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

export async function writeTree(directory: string, tree: Tree): Promise<string> {
  await mkdir(directory, { recursive: true });
  for (const [path, content] of Object.entries(tree)) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return directory;
}

/** The content of every file below a directory, as text. Directories end in a slash, links in `@`. */
export async function readTree(directory: string): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(directory.length + 1).replaceAll(sep, "/");
    if (entry.isDirectory()) tree[`${path}/`] = "";
    else if (entry.isSymbolicLink()) tree[`${path}@`] = "";
    else tree[path] = await readFile(file, "latin1");
  }
  return tree;
}
