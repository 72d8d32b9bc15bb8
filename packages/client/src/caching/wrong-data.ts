import { readdir } from "node:fs/promises";
import type { Archive } from "@blob/format";
import { isFormatError } from "@blob/format";

/** The codes of errors that say that the data is not what the index promises. */
const wrongData: readonly string[] = ["HashMismatch", "Decompression", "SourceMismatch"];

/**
 * Whether an error may come from wrong bytes. A demand for too much memory may, too: the size was read from those
 * bytes.
 */
export function isAboutData(error: unknown): boolean {
  if (!isFormatError(error)) return false;
  return wrongData.includes(error.code) || (error.code === "SizeExceeded" && error.cause !== undefined);
}

const distrusted = new WeakMap<Archive, () => boolean>();

/** Notes what to do when the data of an archive was wrong: `distrust` is true when reading again may give other bytes. */
export function noteMirrors(archive: Archive, distrust: (() => boolean) | undefined): void {
  if (distrust !== undefined) distrusted.set(archive, distrust);
}

/**
 * Does something with all of an archive, and once more when a mirror turned out to have sent wrong bytes.
 *
 * @param mayRepeat Asked before the first time, and only for an archive that has mirrors.
 */
export async function pastWrongMirrors<T>(
  archive: Archive,
  attempt: (isAgain: boolean) => Promise<T>,
  mayRepeat: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<T> {
  const distrust = distrusted.get(archive);
  if (distrust === undefined) return attempt(false);
  const canRepeat = await mayRepeat();
  try {
    return await attempt(false);
  } catch (error) {
    if (!isAboutData(error) || !distrust() || !canRepeat) throw error;
    return attempt(true);
  }
}

/** Whether a directory has nothing in it, or is not there. */
export async function isEmptyDirectory(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length === 0;
  } catch {
    return true;
  }
}
