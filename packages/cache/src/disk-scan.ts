import type { Stats } from "node:fs";
import { lstat, readdir, rm } from "node:fs/promises";
import path from "node:path";
import type { CacheEntry } from "./cache-store.js";
import { entryKey, shardPattern } from "./entry-name.js";
import { isMissing, isPrivateDirectory, isSystemError } from "@blob/core/files";
import { isDeadMark } from "@blob/core/processes";

export interface DiskEntry extends CacheEntry {
  readonly file: string;
}

/** What a file takes from the limit: whole pages, and one for nothing at all, as on most file systems. */
export function chargeOf(size: number): number {
  return Math.max(1, Math.ceil(size / 4096)) * 4096;
}

/** The entries of a store's directory, shard by shard. Links and special files in their places are removed. */
export async function* scanEntries(directory: string): AsyncGenerator<DiskEntry> {
  if (!(await isPrivateDirectory(directory))) return;
  for (const shard of (await names(directory)).filter((name) => shardPattern.test(name))) {
    const folder = path.join(directory, shard);
    if (!(await isPrivateDirectory(folder).catch(() => false))) continue;
    const files = await names(folder);
    for (let at = 0; at < files.length; at += 32) {
      const found = await Promise.all(files.slice(at, at + 32).map((name) => inspect(folder, name)));
      for (const entry of found) if (entry !== undefined) yield entry;
    }
  }
}

async function inspect(folder: string, name: string): Promise<DiskEntry | undefined> {
  const key = entryKey(name);
  if (key === undefined) return undefined;
  const file = path.join(folder, name);
  const stats = await statsOf(file);
  if (stats === undefined || stats.isDirectory()) return undefined;
  if (stats.isFile()) return { key, file, size: stats.size, usedAt: stats.atimeMs };
  await rm(file, { force: true });
  return undefined;
}

/** Nobody writes to a temporary file for so long without a pause; if somebody does, an entry is not kept. */
const staleTemporaryMs = 10 * 60 * 1000;

/**
 * What unfinished entries take from the limit. Those of killed processes are removed. A name is `mark.random.bytes`: the
 * bytes are taken when the file is made, before they are in it.
 */
export async function sweepTemporaries(directory: string): Promise<number> {
  let charged = 0;
  for (const name of await names(directory)) {
    const file = path.join(directory, name);
    const stats = await statsOf(file);
    if (stats === undefined || stats.isDirectory()) continue;
    const [mark = "", , bytes] = name.split(".", 3);
    const isStale = Math.abs(Date.now() - stats.mtimeMs) > staleTemporaryMs || isDeadMark(mark);
    if (isStale) await rm(file, { force: true });
    else charged += Math.max(chargeOf(stats.size), /^[0-9]{1,15}$/.test(bytes ?? "") ? Number(bytes) : 0);
  }
  return charged;
}

async function names(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    // Somebody clears the cache.
    if (isMissing(error)) return [];
    throw error;
  }
}

async function statsOf(file: string): Promise<Stats | undefined> {
  try {
    return await lstat(file);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return undefined;
    throw error;
  }
}
