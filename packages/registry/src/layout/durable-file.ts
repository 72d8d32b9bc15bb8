import { mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { systemCodeOf } from "@blob/core/files";
import { temporaryName } from "./temporary-files.js";

/**
 * Replaces a file. Readers and crashes see the old one or the new one, never a part; when this returns, the new one is
 * there after a loss of power, too.
 *
 * @param mayReplace The last word, asked when all is prepared.
 * @returns Whether it was replaced.
 */
export async function replaceFile(
  file: string,
  content: string,
  mayReplace: () => Promise<boolean>,
): Promise<boolean> {
  const temporary = temporaryName(path.dirname(file), path.basename(file));
  let isPlaced = false;
  try {
    const handle = await open(temporary, "wx", 0o644);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!(await mayReplace())) return false;
    await rename(temporary, file);
    isPlaced = true;
  } finally {
    if (!isPlaced) await rm(temporary, { force: true });
  }
  await syncDirectory(path.dirname(file));
  return true;
}

/** Makes a directory and those above it, whose names are on disk afterwards. */
export async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  for (let made = path.resolve(directory); ; made = path.dirname(made)) {
    await syncDirectory(path.dirname(made));
    if (made === path.resolve(first)) return;
  }
}

/** Brings the names in a directory to disk. Not every system can: Windows keeps them in order by itself. */
export async function syncDirectory(directory: string): Promise<void> {
  try {
    const handle = await open(directory, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!unsyncable.has(systemCodeOf(error) ?? "")) throw error;
  }
}

const unsyncable: ReadonlySet<string> = new Set(["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP", "EBADF"]);
