import { constants } from "node:fs";
import { lstat, open, rm } from "node:fs/promises";
import path from "node:path";
import { isSystemError } from "@blob/core/files";
import { isDeadMark, isMark, processMark } from "@blob/core/processes";

/** Nobody counts and deletes for longer; on other hosts it is the only way to tell that nobody does any more. */
const staleMs = 60_000;

/** Between making the file and writing into it lie microseconds: what says nothing for longer never will. */
const silentMs = 1000;

/**
 * Does the work unless another process is doing it; then undefined. The lock only saves work: should two hold it, which
 * a clock or a container can bring about, both delete old entries and nothing worse happens.
 */
export async function withEvictionLock<T>(directory: string, work: () => Promise<T>): Promise<T | undefined> {
  const file = path.join(directory, ".evicting");
  if (!(await take(file))) {
    if (!(await isStale(file))) return undefined;
    await rm(file, { force: true });
    if (!(await take(file))) return undefined;
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx", 0o600);
    try {
      await handle.write(processMark());
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (isSystemError(error, "EEXIST")) return false;
    throw error;
  }
}

async function isStale(file: string): Promise<boolean> {
  try {
    const stats = await lstat(file);
    const age = Date.now() - stats.mtimeMs;
    if (!stats.isFile() || age > staleMs || age < -staleMs) return true;
    const mark = await readMark(file);
    return isMark(mark) ? isDeadMark(mark) : Math.abs(age) > silentMs;
  } catch (error) {
    // Its owner is done with it: to remove it now could remove somebody else's.
    if (isSystemError(error, "ENOENT")) return false;
    throw error;
  }
}

async function readMark(file: string): Promise<string> {
  const handle = await open(
    file,
    constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
  );
  try {
    const buffer = Buffer.alloc(64);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await handle.close();
  }
}
