import { randomUUID } from "node:crypto";
import { closeSync, futimesSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import { unlink } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RegistryError } from "../errors.js";
import { createQueues } from "@blob/core/concurrency";
import { isMissing, isSystemError } from "@blob/core/files";
import type { SeenLock } from "./lock-file.js";
import { createLockWatch, lockContent, readLock } from "./lock-file.js";

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Give up after this long. Default 30,000 ms. */
  readonly patienceMs?: number | undefined;
}

/** A lock while it is held. */
export interface HeldLock {
  /**
   * To be asked right before what must not happen twice: this process may have been stopped for so long that others gave
   * it up, and have the lock now.
   */
  readonly isHeld: () => Promise<boolean>;
}

/** A live holder shows that it lives so often. Most are done before the first time. */
const heartbeatMs = 200;

const lockName = "index.json.lock";

/** Those of this process, who need not ask the file system for their turn. */
const queues = createQueues();

/**
 * Runs `work` while no other process that uses this lock changes the layout's index. The lock is a file with its holder's
 * identity in it. That of a process that is gone, even if our process id was its, and one that says nothing are broken at
 * once; that of a process that cannot be seen from here when it gives no sign of life: on this machine for a second,
 * elsewhere for ten.
 *
 * @throws RegistryError `Conflict` when the lock is not free in time, `FileSystem` when it cannot be made.
 */
export async function withLayoutLock<T>(
  directory: string,
  work: (lock: HeldLock) => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const file = path.join(path.resolve(directory), lockName);
  return queues.enter(file, async () => {
    options.signal?.throwIfAborted();
    const lock = await acquire(file, options);
    try {
      return await work(lock);
    } finally {
      await lock.release();
    }
  });
}

interface OwnLock extends HeldLock {
  release(): Promise<void>;
}

async function acquire(file: string, { signal, patienceMs = 30_000 }: LockOptions): Promise<OwnLock> {
  const deadline = performance.now() + patienceMs;
  const watch = createLockWatch(file);
  const watchRight = createLockWatch(rightTo(file));
  for (;;) {
    const lock = create(file);
    if (lock !== undefined) return lock;
    const stale = await watch();
    if (stale !== undefined && (await breakLock(file, stale, watchRight))) continue;
    if (performance.now() > deadline) {
      const message = `${file} is held by another process; if none is running, remove that file`;
      throw new RegistryError("Conflict", message, { host: file });
    }
    signal?.throwIfAborted();
    await sleep(5 + Math.random() * 20);
  }
}

/**
 * The lock, unless it is taken. Synchronous, which takes microseconds: between the file and what it says nothing else may
 * come, neither a queue of other work on files nor another part of this process.
 */
function create(file: string): OwnLock | undefined {
  const token = randomUUID();
  let descriptor: number;
  try {
    descriptor = openSync(file, "wx", 0o644);
  } catch (error) {
    if (isSystemError(error, "EEXIST")) return undefined;
    throw error;
  }
  try {
    writeFileSync(descriptor, lockContent(token));
  } catch (error) {
    // A full disk.
    closeSync(descriptor);
    unlinkSync(file);
    throw error;
  }
  const heartbeat = setInterval(() => {
    const now = Date.now() / 1000;
    try {
      futimesSync(descriptor, now, now);
    } catch {
      // Others may give us up, and then `check` says so.
    }
  }, heartbeatMs);
  heartbeat.unref();
  const isHeld = async (): Promise<boolean> => (await readLock(file))?.token === token;
  return {
    isHeld,
    async release() {
      clearInterval(heartbeat);
      closeSync(descriptor);
      try {
        if (await isHeld()) await removeIfThere(file);
      } catch {
        // What was done under the lock is done, whatever becomes of it: without its holder's heartbeat it is broken.
      }
    },
  };
}

/**
 * Removes a stale lock. Two that see the same one must not both remove it, or the second would remove the first one's
 * new lock: the right to remove is itself a lock, and who has it looks again. False when somebody else has it.
 */
async function breakLock(
  file: string,
  stale: SeenLock,
  watchRight: () => Promise<SeenLock | undefined>,
): Promise<boolean> {
  const right = create(rightTo(file));
  if (right === undefined) {
    // Whoever was removing it may have died as well.
    if ((await watchRight()) !== undefined) await removeIfThere(rightTo(file));
    return false;
  }
  try {
    if ((await readLock(file))?.print === stale.print) await removeIfThere(file);
    return true;
  } finally {
    await right.release();
  }
}

function rightTo(file: string): string {
  return `${file}.break`;
}

async function removeIfThere(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
