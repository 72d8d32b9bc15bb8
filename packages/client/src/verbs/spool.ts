import type { Stats } from "node:fs";
import { lstat, mkdtemp, opendir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { isDeadMark, markPattern, processMark } from "@blob/core/processes";
import { ClientError } from "../errors.js";

const prefix = "blob-push-";

/** Whose it is, and what makes it unique. */
const spoolName = new RegExp(`^${prefix}(?<mark>${markPattern})-[A-Za-z0-9]{6}$`, "u");

/** Names that are looked at for spools of others; a temporary directory may have millions. */
const maxNames = 20_000;

const forgottenMs = 7 * 24 * 60 * 60 * 1000;

/** So many are removed at most, each of them an archive. */
const maxRemoved = 16;

/**
 * Does the work with a directory of its own, which is removed afterwards; the next process that needs one removes it when
 * this one is killed.
 *
 * @throws ClientError `TemporaryDirectory` when there is no place for one.
 */
export async function withSpool<T>(
  temporaryDirectory: string | undefined,
  work: (spool: string) => Promise<T>,
): Promise<T> {
  const parent = path.resolve(temporaryDirectory ?? tmpdir());
  const spool = await makeSpool(parent);
  try {
    await removeAbandoned(parent);
    return await work(spool);
  } finally {
    await rm(spool, { recursive: true, force: true });
  }
}

async function makeSpool(parent: string): Promise<string> {
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
 * Removes spools of processes of ours that are known to be gone. Two may do it at once: what one has removed is no error
 * for the other. Whatever fails is left to the next push.
 */
async function removeAbandoned(parent: string): Promise<void> {
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
    // A directory that may be written to and not be listed.
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
    // Somebody else was faster.
    return false;
  }
}

/** A name says nothing: in a directory that all may write to, everybody can choose it. */
function isOurs(stats: Stats): boolean {
  const user = process.geteuid?.();
  return stats.isDirectory() && (user === undefined || stats.uid === user);
}

/**
 * Of processes of another machine, and of this one before it was started again, nothing is known. They are given a week:
 * what is complete is open when it is being pushed, and can be read to its end when it has no name any more.
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
