import { randomUUID } from "node:crypto";
import { open, readFile, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RegistryError } from "../errors.js";
import { parseJsonObject } from "../manifest-content.js";
import { createTurns } from "../turns.js";
import { isMissing, systemCode } from "./file-error.js";

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Give up after this long. Default 30,000 ms. */
  readonly patienceMs?: number | undefined;
}

/** The lock is held for a few file operations: whoever has it for longer than this is gone. */
const staleAfterMs = 60_000;

const lockName = "index.json.lock";

/** Those of this process, who need not ask the file system for their turn. */
const turns = createTurns();

/**
 * Runs `work` while no other process that uses this lock changes the layout's index. The lock is a file; that of a
 * process that died is recognised by its process id on the same machine, by its age elsewhere.
 *
 * @throws RegistryError `Conflict` when the lock is not free in time.
 */
export async function withLayoutLock<T>(
  directory: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const file = path.join(path.resolve(directory), lockName);
  return turns.take(file, async () => {
    options.signal?.throwIfAborted();
    const token = await acquire(file, options);
    try {
      return await work();
    } finally {
      if ((await readLock(file))?.token === token) await rm(file, { force: true });
    }
  });
}

interface Lock {
  readonly token: string;
  readonly pid: number;
  readonly machine: string;
}

async function acquire(file: string, { signal, patienceMs = 30_000 }: LockOptions): Promise<string> {
  const token = randomUUID();
  const content = JSON.stringify({ token, pid: process.pid, machine: hostname() } satisfies Lock);
  const deadline = performance.now() + patienceMs;
  for (;;) {
    if (await createExclusively(file, content)) return token;
    if (await breakStale(file)) continue;
    if (performance.now() > deadline) {
      const message = `${file} is held by another process; if none is running, remove that file`;
      throw new RegistryError("Conflict", message, { host: file });
    }
    signal?.throwIfAborted();
    await sleep(5 + Math.random() * 20);
  }
}

async function createExclusively(file: string, content: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx", 0o644);
    try {
      await handle.writeFile(content);
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

/**
 * Removes the lock of somebody who is gone. Two that see the same stale lock must not both remove it, or the second
 * would remove the first one's new lock: the right to remove it is itself an exclusive file, named after its token.
 */
async function breakStale(file: string): Promise<boolean> {
  const age = await ageOf(file);
  if (age === undefined) return true;
  const lock = await readLock(file);
  const isGone = lock !== undefined && lock.machine === hostname() && !isAlive(lock.pid);
  if (!isGone && age < staleAfterMs) return false;
  const right = `${file}.${lock?.token ?? "damaged"}`;
  if (!(await createExclusively(right, ""))) {
    // Whoever was removing it may have died as well.
    if (((await ageOf(right)) ?? 0) > staleAfterMs) await rm(right, { force: true });
    return false;
  }
  try {
    if ((await readLock(file))?.token === lock?.token) await rm(file, { force: true });
  } finally {
    await rm(right, { force: true });
  }
  return true;
}

async function ageOf(file: string): Promise<number | undefined> {
  try {
    return Date.now() - (await stat(file)).mtimeMs;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function readLock(file: string): Promise<Lock | undefined> {
  try {
    const json = parseJsonObject(await readFile(file));
    const { token, pid, machine } = json ?? {};
    if (typeof token !== "string" || typeof pid !== "number" || typeof machine !== "string") return undefined;
    return /^[0-9a-f-]{1,64}$/u.test(token) ? { token, pid, machine } : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== "ESRCH";
  }
}
