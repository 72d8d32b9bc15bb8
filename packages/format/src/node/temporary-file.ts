import { constants, fchmodSync, fstatSync, futimesSync, openSync, writeSync } from "node:fs";

/** What a file is to have beside its content: what is `undefined` is left to the system. */
export interface TemporaryFacts {
  readonly mode: number | undefined;
  /** Modification time, since the epoch. */
  readonly seconds: number | undefined;
}

/** O_NOFOLLOW is not needed beside O_EXCL, which refuses links by itself: it is for systems that get that wrong. */
const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** Makes a file and returns its handle. */
export function createTemporaryFile(location: string, { mode }: TemporaryFacts): number {
  // With a mode to come, the content is nobody else's business until then.
  return openSync(location, createFlags, mode === undefined ? 0o666 : 0o600);
}

export function writeFully(handle: number, content: Uint8Array): void {
  for (let written = 0; written < content.length;) written += writeSync(handle, content, written);
}

/** Gives a file its facts, and returns its inode number. */
export function finishTemporaryFile(handle: number, { mode, seconds }: TemporaryFacts): bigint {
  if (seconds !== undefined) futimesSync(handle, seconds, seconds);
  if (mode !== undefined) fchmodSync(handle, mode);
  return fstatSync(handle, { bigint: true }).ino;
}
