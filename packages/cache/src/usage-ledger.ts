import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import { isOurs, isSystemError } from "@blob/core/files";
import { processMark } from "@blob/core/processes";

/**
 * How much a directory holds, known to all processes that use it; see docs/decisions/0006. A file of doubles: when it
 * was counted, what was counted then, and every change since, each added with one append.
 */
export interface UsageLedger {
  /** Adds a change. The sum of all processes with it, or undefined when it has to be counted anew. */
  add(bytes: number): Promise<number | undefined>;
  /** The sum. */
  total(): Promise<number | undefined>;
  /**
   * Does work that gives so many bytes back. They go to the ledger that was there before the work: one that was counted
   * meanwhile may know of it already.
   */
  releasing(work: () => Promise<number>): Promise<void>;
  /**
   * Starts anew with what `count` gives, and what was added (not what was taken away) while it counted. False when
   * somebody else has done so meanwhile: then this count may miss what was added to theirs, and is dropped.
   */
  recount(count: () => Promise<number>): Promise<boolean>;
}

const recordBytes = 8;
const headerBytes = 2 * recordBytes;

/** 32,768 changes: then a new count is due, and the file is short again. */
const maxLedgerBytes = 256 * 1024;

/** What killed processes did not write down is found after this time. */
const maxAgeMs = 60 * 60 * 1000;

/** Few others write between two looks of one process. */
const tailBytes = 4096;

/** A beginning of a ledger that was read already. What is appended changes nothing in it. */
interface Read {
  readonly inode: number;
  readonly bytes: number;
  readonly countedAt: number;
  readonly total: number;
  readonly isSound: boolean;
}

const flags =
  constants.O_RDWR | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export function createUsageLedger(directory: string, now: () => number): UsageLedger {
  const file = path.join(directory, ".usage");
  let read: Read | undefined;

  async function withLedger<T>(
    work: (ledger: FileHandle, inode: number) => Promise<T>,
  ): Promise<T | undefined> {
    let handle: FileHandle;
    try {
      handle = await open(file, flags);
    } catch (error) {
      // Nothing, or something that is no file: a new count puts a ledger in its place.
      if (isSystemError(error, "ENOENT", "ELOOP", "ENXIO", "EISDIR")) return undefined;
      throw error;
    }
    try {
      const stats = await handle.stat();
      const isSound = stats.isFile() && isOurs(stats) && stats.size <= maxLedgerBytes;
      return isSound ? await work(handle, stats.ino) : undefined;
    } finally {
      await handle.close();
    }
  }

  async function records(handle: FileHandle): Promise<number[]> {
    const buffer = Buffer.alloc(maxLedgerBytes + recordBytes);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    // One that was cut inside of a number would make nonsense of all that follows.
    if (bytesRead % recordBytes !== 0) return [];
    return Array.from({ length: bytesRead / recordBytes }, (_, i) => buffer.readDoubleLE(i * recordBytes));
  }

  async function sum(handle: FileHandle, inode: number): Promise<number | undefined> {
    read = (await readOn(handle, inode)) ?? (await readAll(handle, inode));
    const { countedAt, total, isSound } = read;
    const age = now() - countedAt;
    return isSound && age >= 0 && age < maxAgeMs && total >= 0 ? total : undefined;
  }

  async function readAll(handle: FileHandle, inode: number): Promise<Read> {
    const [countedAt = Number.NaN, ...amounts] = await records(handle);
    const bytes = amounts.length === 0 ? 0 : (amounts.length + 1) * recordBytes;
    const total = amounts.reduce((all, one) => all + one, 0);
    const isSound = amounts.length > 0 && amounts.every(Number.isSafeInteger);
    return { inode, bytes, countedAt, total, isSound };
  }

  /** Only what came since; undefined when that is not how the ledger continues. */
  async function readOn(handle: FileHandle, inode: number): Promise<Read | undefined> {
    if (read?.inode !== inode || !read.isSound) return undefined;
    const { bytes, countedAt, total } = read;
    const buffer = Buffer.allocUnsafe(tailBytes);
    // From the last record that is known: a ledger that was cut does not have it.
    const { bytesRead } = await handle.read(buffer, 0, tailBytes, bytes - recordBytes);
    if (bytesRead === 0 || bytesRead === tailBytes || bytesRead % recordBytes !== 0) return undefined;
    let added = 0;
    for (let at = recordBytes; at < bytesRead; at += recordBytes) added += buffer.readDoubleLE(at);
    const isSound = Number.isSafeInteger(added);
    return { inode, bytes: bytes + bytesRead - recordBytes, countedAt, total: total + added, isSound };
  }

  /** The one that is in place, whatever it is; undefined when there is none. */
  async function currentInode(): Promise<number | undefined> {
    try {
      return (await lstat(file)).ino;
    } catch (error) {
      if (isSystemError(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  async function append(handle: FileHandle, bytes: number): Promise<void> {
    const record = Buffer.alloc(recordBytes);
    record.writeDoubleLE(bytes);
    await handle.write(record);
  }

  async function add(bytes: number): Promise<number | undefined> {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const added = await withLedger(async (handle, inode) => {
        await append(handle, bytes);
        const total = await sum(handle, inode);
        // Somebody may have counted meanwhile, and not have seen it.
        return { total, isDone: (await currentInode()) === inode };
      });
      if (added === undefined || added.isDone) return added?.total;
    }
    return undefined;
  }

  /** Puts a ledger in the place of this one; false when another one is there. */
  async function replace(inode: number | undefined, bytes: number): Promise<boolean> {
    const content = Buffer.alloc(headerBytes);
    content.writeDoubleLE(now(), 0);
    content.writeDoubleLE(bytes, recordBytes);
    const temporary = path.join(directory, ".tmp", `${processMark()}.${randomUUID()}.0`);
    try {
      const handle = await open(temporary, "wx", 0o600);
      try {
        await handle.write(content);
      } finally {
        await handle.close();
      }
      // Only now: two that count at once are rare, and what the first one's ledger got would be lost.
      if ((await currentInode()) === inode) {
        await rename(temporary, file);
        return true;
      }
      await rm(temporary, { force: true });
      return false;
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  return {
    add,
    total: () => withLedger(sum),
    async releasing(work) {
      let isDone = false;
      await withLedger(async (handle) => {
        isDone = true;
        const bytes = await work();
        // The work is done. Not to know of it is no harm: the next count does.
        await append(handle, -bytes).catch(() => undefined);
      });
      if (!isDone) await work();
    },
    async recount(count) {
      const before = await currentInode();
      const isReplaced = await withLedger(async (handle, inode) => {
        let seen = (await records(handle)).length;
        const addedSince = async (): Promise<number> => {
          const all = await records(handle);
          const added = all.slice(seen).reduce((sumOfAll, one) => sumOfAll + Math.max(0, one), 0);
          seen = all.length;
          return added;
        };
        const counted = await count();
        if (!(await replace(inode, counted + (await addedSince())))) return false;
        // Who writes to the old ledger from now on sees that it is old.
        const late = await addedSince();
        if (late > 0) await add(late);
        return true;
      });
      return isReplaced ?? replace(before, await count());
    },
  };
}
