import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { lstat, open } from "node:fs/promises";
import { RegistryError } from "../errors.js";
import { parseJsonObject } from "../manifest/manifest-content.js";
import { isMissing, isSystemError, readFileBeginning } from "@blob/core/files";
import type { ProcessFate, ProcessIdentity } from "@blob/core/processes";
import { fateOf, thisProcess } from "@blob/core/processes";

/** A lock file as it was found. */
export interface SeenLock {
  /** Undefined when the file does not say whose it is. */
  readonly token: string | undefined;
  readonly fate: ProcessFate | "unreadable";
  /** Changes with every other holder, and with every sign of life. */
  readonly print: string;
  readonly writtenMs: number;
}

/**
 * How long a lock may stay as it is before its holder counts as gone. What says nothing has this long to be written,
 * which takes microseconds. Even a live holder has no use for a lock that it cannot show to be alive.
 */
const silenceMs = { gone: 0, unreadable: 250, nearby: 1000, elsewhere: 10_000, here: 10_000 } as const;

/** So old a lock is nobody's, by whatever clock. */
const abandonedMs = 60 * 60 * 1000;

/** What a lock of ours needs, many times over. */
const maxBytes = 4096;

export function lockContent(token: string): string {
  return JSON.stringify({ token, ...thisProcess() });
}

/**
 * Watches a lock file, by a clock that nobody sets. Each call looks once.
 *
 * @returns The lock when it is stale; undefined when it is held, or not there.
 */
export function createLockWatch(file: string): () => Promise<SeenLock | undefined> {
  let print: string | undefined;
  let since = 0;
  return async () => {
    const seen = await readLock(file);
    if (seen === undefined) return undefined;
    if (seen.print !== print) {
      print = seen.print;
      since = performance.now();
    }
    const isSilent = performance.now() - since >= silenceMs[seen.fate];
    return isSilent || Date.now() - seen.writtenMs > abandonedMs ? seen : undefined;
  };
}

/**
 * The lock, if there is one. Whatever stands in its place is one that says nothing.
 *
 * @throws RegistryError `FileSystem` for a directory, which nobody makes by mistake.
 */
export async function readLock(file: string): Promise<SeenLock | undefined> {
  try {
    const stats = await lstat(file, { bigint: true });
    if (stats.isDirectory()) {
      throw new RegistryError("FileSystem", `${file} is a directory and in the way of the layout's lock`, {
        host: file,
      });
    }
    return seenLock(stats.isFile() ? await readStart(file) : Buffer.alloc(0), stats);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** `forbidden` when it may not be read: to remove a file takes no right to it. */
async function readStart(file: string): Promise<Uint8Array | "forbidden"> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  let handle: FileHandle;
  try {
    handle = await open(file, flags);
  } catch (error) {
    if (isSystemError(error, "EACCES", "EPERM")) return "forbidden";
    throw error;
  }
  try {
    return (await readFileBeginning(handle, maxBytes)).bytes;
  } finally {
    await handle.close();
  }
}

function seenLock(content: Uint8Array | "forbidden", { ino, mtimeNs, mtimeMs }: BigIntStats): SeenLock {
  const place = `${String(ino)}-${String(mtimeNs)}`;
  const writtenMs = Number(mtimeMs);
  // Another user's, who may be alive.
  if (content === "forbidden") return { token: undefined, fate: "nearby", print: place, writtenMs };
  const { token, pid, machine, boot, namespace, start } = parseJsonObject(content) ?? {};
  if (typeof token !== "string" || typeof machine !== "string" || !isProcessId(pid)) {
    return { token: undefined, fate: "unreadable", print: place, writtenMs };
  }
  const identity: ProcessIdentity = {
    machine,
    boot: textOf(boot),
    namespace: textOf(namespace),
    pid,
    start: textOf(start),
  };
  return { token, fate: fateOf(identity), print: `${token}-${place}`, writtenMs };
}

function isProcessId(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 && value < 2 ** 31;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
