import { fstatSync, futimesSync } from "node:fs";
import type { BigIntStats } from "node:fs";

import { FormatError } from "../../errors.js";

/**
 * Node takes times as seconds in a double and drops what is below a microsecond. Doubles are that exact until 2242; after
 * that, and before 1697, they are two microseconds apart. Times that differ by less are the same to us.
 */
const precisionNs = 2000n;

/** Whether two times, in nanoseconds since the epoch, are one, as far as Node can set them. */
export function isSameTime(a: bigint, b: bigint): boolean {
  return distance(a, b) < precisionNs;
}

/**
 * Gives a file a modification time, in nanoseconds since the epoch, and returns what the file has then. The time is in
 * `isKept` when it is that to the microsecond, or to what the file system can hold when that is less: some have ten
 * milliseconds, or one or two seconds. A time that is out of a file system's range is not kept: systems take the nearest
 * one that they have, and say nothing.
 */
export function setFileTime(
  handle: number,
  wanted: bigint,
): { readonly stats: BigIntStats; readonly isKept: boolean } {
  let stats: BigIntStats | undefined;
  for (const seconds of spellings(wanted)) {
    // As text: Node takes a negative number for a mistake, and the present instead.
    futimesSync(handle, seconds, seconds);
    stats = fstatSync(handle, { bigint: true });
    if (stats.mtimeNs / 1000n === wanted / 1000n) return { stats, isKept: true };
  }
  stats ??= fstatSync(handle, { bigint: true });
  return { stats, isKept: isSameTime(stats.mtimeNs, wanted) || isRounded(stats.mtimeNs, wanted) };
}

/**
 * Newer versions of Node set the time itself, as near as a double is; older ones cut it to microseconds, and then the
 * middle of one survives that the double was rounded.
 */
function* spellings(wanted: bigint): Generator<string, void, undefined> {
  yield text(wanted);
  // Windows keeps tenths of a microsecond, so that the middle would be seen.
  if (process.platform !== "win32") yield text((wanted / 1000n) * 1000n + (wanted < 0n ? -500n : 500n));
}

/** Seconds with a fraction. */
function text(nanoseconds: bigint): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const fraction = (size % 1_000_000_000n).toString().padStart(9, "0");
  return `${nanoseconds < 0n ? "-" : ""}${size / 1_000_000_000n}.${fraction}`;
}

/** Whether a time is another one as file systems with coarser clocks keep it. */
function isRounded(time: bigint, wanted: bigint): boolean {
  const off = distance(time, wanted);
  return (
    (time % 10_000_000n === 0n && off < 10_000_000n) || (time % 1_000_000_000n === 0n && off < 2_000_000_000n)
  );
}

function distance(a: bigint, b: bigint): bigint {
  return a < b ? b - a : a - b;
}

/** Throws `InvalidArgument` for a time that an archive cannot say: 64 bits of nanoseconds end in 1677 and in 2262. */
export function checkArchiveTime(path: string, timeNs: bigint): void {
  if (BigInt.asIntN(64, timeNs) === timeNs) return;
  throw new FormatError(
    "InvalidArgument",
    `${JSON.stringify(path)} was modified at ${spell(timeNs)}, which no archive can say: give it a time from ` +
      `${spell(-(2n ** 63n))} to ${spell(2n ** 63n - 1n)}`,
    { path },
  );
}

/** A time for people; the file system may have one that is no date to JavaScript. */
function spell(timeNs: bigint): string {
  const date = new Date(Number(timeNs / 1_000_000n));
  return Number.isNaN(date.getTime()) ? `${timeNs / 1_000_000_000n} seconds after 1970` : date.toISOString();
}
