import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import { hasCode, isMissing, isOurs } from "./private-directory.js";

/**
 * How much a directory holds, known to all processes that use it; see docs/decisions/0006. A file of doubles: when it
 * was counted, what was counted then, and every change since, each added with one append.
 */
export interface UsageLedger {
  /** Adds a change. The sum of all processes with it, or undefined when it has to be counted anew. */
  add(bytes: number): Promise<number | undefined>;
  /** The sum. */
  total(): Promise<number | undefined>;
  /** Marks this moment: gives a function that tells what was added (and not taken away) since. */
  mark(): Promise<() => Promise<number>>;
  /** Starts anew with what was counted. */
  replace(bytes: number): Promise<void>;
}

const recordBytes = 8;
const headerBytes = 2 * recordBytes;

/** 32,768 changes: then a new count is due, and the file is short again. */
const maxLedgerBytes = 256 * 1024;

/** What killed processes did not write down is found after this time. */
const maxAgeMs = 60 * 60 * 1000;

const flags =
  constants.O_RDWR | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export function createUsageLedger(directory: string, now: () => number): UsageLedger {
  const file = path.join(directory, ".usage");

  async function withLedger<T>(
    work: (ledger: FileHandle, inode: number) => Promise<T>,
  ): Promise<T | undefined> {
    let handle: FileHandle;
    try {
      handle = await open(file, flags);
    } catch (error) {
      // Nothing, or something that is no file: a new count puts a ledger in its place.
      if (hasCode(error, "ENOENT", "ELOOP", "ENXIO", "EISDIR")) return undefined;
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
    return Array.from({ length: Math.floor(bytesRead / recordBytes) }, (_, i) =>
      buffer.readDoubleLE(i * recordBytes),
    );
  }

  async function sum(handle: FileHandle): Promise<number | undefined> {
    const [countedAt, ...amounts] = await records(handle);
    const age = countedAt === undefined ? Number.NaN : now() - countedAt;
    const total = amounts.reduce((all, one) => all + one, 0);
    const isSound = age >= 0 && age < maxAgeMs && amounts.length > 0 && total >= 0 && total < 2 ** 53;
    return isSound ? total : undefined;
  }

  async function isCurrent(inode: number): Promise<boolean> {
    try {
      return (await stat(file)).ino === inode;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  return {
    async add(bytes) {
      const record = Buffer.alloc(recordBytes);
      record.writeDoubleLE(bytes);
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const added = await withLedger(async (handle, inode) => {
          await handle.write(record);
          const total = await sum(handle);
          // Somebody may have counted meanwhile, and not have seen it.
          return { total, isDone: await isCurrent(inode) };
        });
        if (added === undefined || added.isDone) return added?.total;
      }
      return undefined;
    },
    total: () => withLedger(sum),
    async mark() {
      const before = (await withLedger(async (handle) => (await records(handle)).length)) ?? 2;
      return async () => {
        const after = (await withLedger(records)) ?? [];
        return after.slice(before).reduce((all, one) => all + (one > 0 ? one : 0), 0);
      };
    },
    async replace(bytes) {
      const content = Buffer.alloc(headerBytes);
      content.writeDoubleLE(now(), 0);
      content.writeDoubleLE(bytes, recordBytes);
      const temporary = `${file}.${randomUUID()}`;
      try {
        const handle = await open(temporary, "wx", 0o600);
        try {
          await handle.write(content);
        } finally {
          await handle.close();
        }
        await rename(temporary, file);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
  };
}
