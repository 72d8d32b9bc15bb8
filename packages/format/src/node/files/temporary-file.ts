import { constants, fchmodSync, fstatSync, ftruncateSync, openSync, writeSync, writev } from "node:fs";

import { setFileTime } from "./file-time.js";
import { holeBytes, withoutHoles } from "./holes.js";

/** What a file is to have beside its content: what is `undefined` is left to the system. */
export interface TemporaryFacts {
  readonly mode: number | undefined;
  /** Modification time, in nanoseconds since the epoch. */
  readonly mtimeNs: bigint | undefined;
}

/** A file that has its facts. */
export interface FinishedFile {
  /** Its inode number. */
  readonly ino: bigint;
  readonly lost: LostFacts;
}

/** What the file system did not keep: a sum of the constants below, which can be sent between threads in a column. */
export type LostFacts = number;
export const lostMode = 1;
export const lostTime = 2;

/** O_NOFOLLOW is not needed beside O_EXCL, which refuses links by itself: it is for systems that get that wrong. */
const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** Makes a file and returns its handle. */
export function createTemporaryFile(location: string, { mode }: TemporaryFacts): number {
  // With a mode to come, the content is nobody else's business until then.
  return openSync(location, createFlags, mode === undefined ? 0o666 : 0o600);
}

/** The same for a file whose verified content is at hand: it has the mode from the beginning, as far as the umask lets it. */
export function createWholeFile(location: string, { mode = 0o666 }: TemporaryFacts): number {
  return openSync(location, createFlags, mode);
}

/** Writes the content of a new file. Long runs of zeros become holes. */
export function writeFully(handle: number, content: Uint8Array): void {
  if (content.length < holeBytes) {
    writeAt(handle, content, 0);
    return;
  }
  let end = 0;
  for (const { position, pieces } of withoutHoles(0, [content])) {
    end = position;
    for (const piece of pieces) end = writeAt(handle, piece, end);
  }
  if (end < content.length) ftruncateSync(handle, content.length);
}

/**
 * Writes a part of a file that begins at this position. Long runs of zeros become holes where nothing was ever written
 * (`isSparse`); one at the end of the file is one only when {@link endAt} is called.
 */
export function writePart(
  handle: number,
  position: number,
  content: Uint8Array,
  { isSparse }: { readonly isSparse: boolean },
): void {
  if (!isSparse) {
    writeAt(handle, content, position);
    return;
  }
  for (const stretch of withoutHoles(position, [content])) {
    let at = stretch.position;
    for (const piece of stretch.pieces) at = writeAt(handle, piece, at);
  }
}

/** Returns where the written bytes end. */
function writeAt(handle: number, bytes: Uint8Array, position: number): number {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(handle, bytes, done, bytes.length - done, position + done);
  }
  return position + bytes.length;
}

/**
 * The same on another thread, for a part of the content that begins at this position. A hole at its end is one only
 * when something is written after it, or {@link endAt} is called.
 */
export async function writeLater(
  handle: number,
  position: number,
  chunks: readonly Uint8Array[],
  { isSparse }: { readonly isSparse: boolean } = { isSparse: true },
): Promise<void> {
  const stretches = isSparse ? withoutHoles(position, chunks) : [{ position, pieces: chunks }];
  for (const stretch of stretches) {
    let at = stretch.position;
    let left = [...stretch.pieces];
    while (left.length > 0) {
      let written = await writeVector(handle, left, at);
      at += written;
      left = left.flatMap((piece) => {
        const done = Math.min(piece.length, written);
        written -= done;
        return done === piece.length ? [] : [piece.subarray(done)];
      });
    }
  }
}

function writeVector(handle: number, pieces: readonly Uint8Array[], position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(handle, pieces, position, (error, written) => (error === null ? resolve(written) : reject(error)));
  });
}

/** Gives a file its size: it may end in a hole. */
export function endAt(handle: number, size: number): void {
  ftruncateSync(handle, size);
}

/** Gives a file its facts, and looks whether it has them. */
export function finishTemporaryFile(handle: number, { mode, mtimeNs }: TemporaryFacts): FinishedFile {
  const timed = mtimeNs === undefined ? undefined : setFileTime(handle, mtimeNs);
  let stats = timed?.stats ?? fstatSync(handle, { bigint: true });
  let keepsMode = mode === undefined || hasMode(Number(stats.mode), mode);
  if (mode !== undefined && !keepsMode) {
    fchmodSync(handle, mode);
    stats = fstatSync(handle, { bigint: true });
    keepsMode = hasMode(Number(stats.mode), mode);
  }
  return {
    ino: stats.ino,
    lost: (keepsMode ? 0 : lostMode) | (timed?.isKept === false ? lostTime : 0),
  };
}

/** Some file systems have one mode for all files and accept any other. Windows only knows whether one may write. */
function hasMode(mode: number, wanted: number): boolean {
  const known = process.platform === "win32" ? 0o200 : 0o777;
  return (mode & known) === (wanted & known);
}
