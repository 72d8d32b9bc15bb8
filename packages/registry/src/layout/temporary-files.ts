import { randomUUID } from "node:crypto";
import { lstat, opendir, unlink } from "node:fs/promises";
import path from "node:path";
import { isDeadMark, markPattern, processMark } from "@blob/core/processes";

/** Whoever writes a file without a pause of this length is alive; of other machines nothing else is known. */
const silentMs = 60 * 60 * 1000;

/** A long-lived process looks again, for what others left behind meanwhile. */
const sweepEveryMs = 10 * 60 * 1000;

/** Names looked at in one sweep: a directory may hold very many repositories. */
const maxNames = 10_000;

/** Layouts that one process remembers to have swept. */
const maxRemembered = 1000;

const namePattern = new RegExp(`\\.(${markPattern})\\.[0-9a-f-]{36}\\.tmp$`, "u");

/** When each directory was swept, in milliseconds of the process's clock. */
const swept = new Map<string, number>();

/** A new name for a file that is written before it gets its own: it says whose it is, for those who clean up. */
export function temporaryName(directory: string, prefix = "", id: string = randomUUID()): string {
  return path.join(directory, `${prefix}.${processMark()}.${id}.tmp`);
}

/**
 * Removes the temporary files of processes that are gone: now and then, or `always`. Best effort: what cannot be
 * removed, such as another user's, stays, and is no reason to refuse a write.
 */
export async function sweepTemporaryFiles(
  directory: string,
  { always = false }: { readonly always?: boolean } = {},
): Promise<void> {
  const key = path.resolve(directory);
  const last = swept.get(key);
  if (!always && last !== undefined && performance.now() - last < sweepEveryMs) return;
  if (swept.size >= maxRemembered) swept.clear();
  swept.set(key, performance.now());
  try {
    let left = maxNames;
    for await (const { name } of await opendir(key)) {
      left -= 1;
      if (left < 0) return;
      const mark = namePattern.exec(name)?.[1];
      if (mark !== undefined) await removeAbandoned(path.join(key, name), mark);
    }
  } catch {
    // The directory is not there yet, or may not be listed.
  }
}

async function removeAbandoned(file: string, mark: string): Promise<void> {
  try {
    if (isDeadMark(mark) || Date.now() - (await lstat(file)).mtimeMs > silentMs) await unlink(file);
  } catch {
    // Somebody else removed it, or it is not ours to remove.
  }
}
