import type { Stats } from "node:fs";
import { lstat, mkdtemp, opendir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { isDeadMark, markPattern, processMark } from "@blob/core/processes";
import { ClientError } from "../errors.js";

const prefix = "blob-push-";

/** Names of spool directories: a mark of the process that owns it, then random characters. */
const spoolName = new RegExp(`^${prefix}(?<mark>${markPattern})-[A-Za-z0-9]{6}$`, "u");

/** How many names of the temporary directory are looked at to find abandoned spools; it may have millions. */
const maxNames = 20_000;

const forgottenMs = 7 * 24 * 60 * 60 * 1000;

/** How many abandoned spools are removed at a time: each holds an archive, which takes a while. */
const maxRemoved = 16;

/**
 * Does work with a directory of its own, and removes it afterwards. If this process is killed, the next one that needs
 * a spool removes it.
 *
 * @throws ClientError `TemporaryDirectory` when no directory can be made.
 */
export async function withSpool<T>(
  temporaryDirectory: string | undefined,
  work: (spool: string) => Promise<T>,
): Promise<T> {
  const spool = await makeSpool(temporaryDirectory);
  try {
    await removeAbandoned(temporaryDirectory);
    return await work(spool);
  } finally {
    await rm(spool, { recursive: true, force: true });
  }
}

/**
 * Makes a directory that is removed by the next push if this process is killed. Otherwise whoever made it removes it.
 *
 * @throws ClientError `TemporaryDirectory`.
 */
export async function makeSpool(temporaryDirectory: string = tmpdir()): Promise<string> {
  const parent = path.resolve(temporaryDirectory);
  try {
    return await mkdtemp(path.join(parent, `${prefix}${processMark()}-`));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const variable = process.platform === "win32" ? "TEMP" : "TMPDIR";
    const message = `${parent}: the archive cannot be kept there until it is pushed (${why}); set ${variable}, or the option temporaryDirectory, to a directory that can be written to`;
    throw new ClientError("TemporaryDirectory", message, { path: parent, cause });
  }
}

/**
 * Removes spools of our user whose processes have ended. Several processes may do so at once, so that a spool that is
 * gone is not an error. What fails is left to the next push.
 */
export async function removeAbandoned(temporaryDirectory: string = tmpdir()): Promise<void> {
  const parent = path.resolve(temporaryDirectory);
  try {
    let seen = 0;
    let removed = 0;
    for await (const { name } of await opendir(parent)) {
      seen += 1;
      if (seen > maxNames || removed >= maxRemoved) return;
      const mark = spoolName.exec(name)?.groups?.["mark"];
      if (mark !== undefined && (await removeIfAbandoned(path.join(parent, name), mark))) removed += 1;
    }
  } catch {
    // The directory may be writable but not readable: then nothing is removed.
  }
}

async function removeIfAbandoned(spool: string, mark: string): Promise<boolean> {
  try {
    const stats = await lstat(spool);
    if (!isOurs(stats)) return false;
    if (!isDeadMark(mark) && !isForgotten(mark, await lastChange(spool, stats))) return false;
    // Links in it are removed, not followed.
    await rm(spool, { recursive: true, force: true });
    return true;
  } catch {
    // Another process has removed it.
    return false;
  }
}

/** The name alone proves nothing: in a shared temporary directory anybody can choose it. */
function isOurs(stats: Stats): boolean {
  const user = process.geteuid?.();
  return stats.isDirectory() && (user === undefined || stats.uid === user);
}

/**
 * Whether a spool is abandoned although nothing is known of its process, which ran on another machine or before a
 * restart: after a week. A complete spool that is still being pushed can be read to its end even when it was removed,
 * since it is open.
 */
function isForgotten(mark: string, changedMs: number): boolean {
  const isHere = placeOf(mark) === placeOf(processMark());
  return !isHere && Date.now() - changedMs > forgottenMs;
}

function placeOf(mark: string): string {
  return mark.slice(0, mark.indexOf("-"));
}

async function lastChange(spool: string, { mtimeMs }: Stats): Promise<number> {
  let last = mtimeMs;
  let left = 10;
  for await (const { name } of await opendir(spool)) {
    last = Math.max(last, (await lstat(path.join(spool, name))).mtimeMs);
    left -= 1;
    if (left === 0) break;
  }
  return last;
}
