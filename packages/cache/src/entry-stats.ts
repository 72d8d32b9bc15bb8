import type { Stats } from "node:fs";
import { lstat } from "node:fs/promises";
import { isSystemError } from "@blob/core/files";

/** What there is under a name, links not followed; nothing when there is nothing. */
export async function statsOf(file: string): Promise<Stats | undefined> {
  try {
    return await lstat(file);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return undefined;
    throw error;
  }
}
