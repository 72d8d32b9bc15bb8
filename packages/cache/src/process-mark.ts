import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Outside of Linux the start is computed from two clocks, which drift. */
const maxDriftSeconds = 10;

const boot = readOr("", () => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim());

/** Where process ids mean the same as here: this run of this machine's kernel, in this container. */
const place = shortHash(
  hostname(),
  boot,
  readOr("", () => readlinkSync("/proc/self/ns/pid")),
);

const ownStat = statOf("self");

/** In ticks since the kernel's start, elsewhere than on Linux in seconds since 1970. */
const start = ownStat?.start ?? String(Math.round(Date.now() / 1000 - process.uptime()));

/**
 * Says in a file's name or content which process made it. The process id alone would not: after a restart it is, in a
 * container even always, somebody else's.
 */
export const processMark: string = `${place}-${String(process.pid)}-${start}`;

/** Whether a text is a mark at all. */
export function isMark(text: string): boolean {
  return /^[0-9a-f]{8}-[1-9][0-9]{0,9}-[0-9]{1,20}$/.test(text);
}

/** Whether the process that left this mark is known to be gone. Of other hosts, and containers, nothing is known. */
export function isDeadMark(mark: string): boolean {
  if (!isMark(mark)) return false;
  const [markPlace, pid, markStart = ""] = mark.split("-");
  if (markPlace !== place) return false;
  if (Number(pid) === process.pid) return !isOwnStart(markStart);
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
  // Where /proc was mounted in another namespace, its numbers are not ours.
  const stat = ownStat?.pid === process.pid ? statOf(String(pid)) : undefined;
  return stat !== undefined && (stat.isDead || stat.start !== markStart);
}

function isOwnStart(other: string): boolean {
  if (other === start) return true;
  return ownStat === undefined && Math.abs(Number(other) - Number(start)) <= maxDriftSeconds;
}

/** From /proc/PID/stat (proc(5)): the name, in parentheses, may contain anything. */
function statOf(
  name: string,
): { readonly pid: number; readonly start: string; readonly isDead: boolean } | undefined {
  const text = readOr("", () => readFileSync(`/proc/${name}/stat`, "latin1"));
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const since = fields[19];
  if (since === undefined || !/^[0-9]{1,20}$/.test(since)) return undefined;
  return { pid: Number.parseInt(text, 10), start: since, isDead: fields[0] === "Z" || fields[0] === "X" };
}

function readOr(otherwise: string, read: () => string): string {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function shortHash(...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 8);
}
