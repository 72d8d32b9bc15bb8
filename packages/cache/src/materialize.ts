import { writeFully } from "@blob/core/files";
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, lstat, open, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { CacheReader } from "./cache-store.js";

/** How a cached content becomes a file; see `WriteToOptions`. */
export type MaterializeHow = "copy" | "clone" | "link";

interface Job {
  /** The SHA-256 that the file has to have, in hexadecimal. */
  readonly key: string;
  readonly file: string;
  readonly by: MaterializeHow;
  /** Where the store has it as a file. */
  readonly source: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Makes the file; false, and no file, when the bytes are wrong. What is hashed is the new file, not the entry: between
 * looking at one and linking it somebody might put another in its place.
 */
export async function materialize(reader: CacheReader, job: Job): Promise<boolean> {
  const { key, file, source, by, signal } = job;
  const shared =
    source !== undefined &&
    ((by === "link" && (await succeeds(() => link(source, file)))) ||
      (by !== "copy" && (await succeeds(() => clone(source, file)))));
  let handle: FileHandle | undefined;
  let good = false;
  try {
    handle = await open(file, shared ? readFlags : createFlags, 0o600);
    if (!(await handle.stat()).isFile()) return false;
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of shared ? chunksOf(handle) : reader.read()) {
      signal?.throwIfAborted();
      hash.update(chunk);
      // A long run of zeros becomes a hole: the file is new.
      if (!shared && !isLongZero(chunk)) await writeFully(handle, chunk, size);
      size += chunk.length;
    }
    if (!shared) await handle.truncate(size);
    good = hash.digest("hex") === key;
  } finally {
    await handle?.close();
    // What was there before is not ours.
    if (!good && (shared || handle !== undefined)) await rm(file, { force: true });
  }
  return good;
}

const noFollow = constants.O_NOFOLLOW ?? 0;
const readFlags = constants.O_RDONLY | noFollow | (constants.O_NONBLOCK ?? 0);
const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow;

/** Throws where the file system cannot share the bytes of two files. */
async function clone(source: string, file: string): Promise<void> {
  // To open a pipe would wait for its other end.
  if (!(await lstat(source)).isFile()) throw new Error(`${source} is not a file`);
  await copyFile(source, file, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
}

/** Not every file system has links and clones, and the source may be gone: the bytes can still be copied. */
async function succeeds(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch {
    return false;
  }
}

async function* chunksOf(handle: FileHandle): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(256 * 1024);
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Shorter holes save nothing. */
const minHoleBytes = 64 * 1024;
const zeros = Buffer.alloc(minHoleBytes);

function isLongZero(chunk: Uint8Array): boolean {
  if (chunk.length < minHoleBytes || chunk[0] !== 0 || chunk.at(-1) !== 0) return false;
  for (let at = 0; at < chunk.length; at += minHoleBytes) {
    const part = chunk.subarray(at, at + minHoleBytes);
    if (!zeros.subarray(0, part.length).equals(part)) return false;
  }
  return true;
}
