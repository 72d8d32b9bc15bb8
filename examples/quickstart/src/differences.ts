import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/** Files that are not the same in two directories, and those that only one of them has. */
export async function differences(one: string, other: string): Promise<string[]> {
  const names = new Set([...(await filesBelow(one)), ...(await filesBelow(other))]);
  const different: string[] = [];
  for (const name of names) {
    const [left, right] = await Promise.all(
      [one, other].map((folder) => readFile(path.join(folder, name)).catch(() => undefined)),
    );
    if (left === undefined || right === undefined || !left.equals(right)) different.push(name);
  }
  return different;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}
