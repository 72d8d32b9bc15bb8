import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Which process made a file. The process id alone says little: after a restart the id, in a container even 1, is
 * somebody else's. So the moment of the process's start goes with it, and where its id means anything.
 */
export interface ProcessIdentity {
  /** The name of the host. */
  readonly machine: string;
  /** Which run of which kernel; "" where that cannot be asked. */
  readonly boot: string;
  /** In which its id was given (Linux, pid_namespaces(7)); "" where there are none. */
  readonly namespace: string;
  /** The process id. */
  readonly pid: number;
  /** On Linux in ticks since the kernel's start, elsewhere in seconds since 1970. "" when nobody wrote it down. */
  readonly start: string;
}

/**
 * What is known of a process: that it is `gone`, that it is `here`, or that it cannot be seen from here: then it runs, if
 * it does, on the same kernel (`nearby`: in another container) or who knows where (`elsewhere`).
 */
export type ProcessFate = "gone" | "here" | "nearby" | "elsewhere";

/** Outside of Linux the start is computed from two clocks, which drift. */
const maxDriftSeconds = 10;

let self: ProcessIdentity | undefined;

/** This process. The same for all its threads, and for all copies of this package. */
export function thisProcess(): ProcessIdentity {
  self ??= {
    machine: hostname(),
    boot: readOr("", () => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()),
    namespace: readOr("", () => readlinkSync("/proc/self/ns/pid")),
    pid: process.pid,
    start: statOf("self")?.start ?? String(Math.round(Date.now() / 1000 - process.uptime())),
  };
  return self;
}

/** What is known of a process, by asking the operating system now. */
export function fateOf(other: ProcessIdentity): ProcessFate {
  const own = thisProcess();
  const isSameKernel = own.boot !== "" && own.boot === other.boot;
  if (other.machine !== own.machine) return isSameKernel ? "nearby" : "elsewhere";
  if (isOther(own.boot, other.boot)) return "elsewhere";
  if (isOther(own.namespace, other.namespace)) return "nearby";
  if (other.pid === own.pid) return isOwnStart(other.start) ? "here" : "gone";
  if (!isRunning(other.pid)) return "gone";
  const stat = isProcOfThisNamespace() ? statOf(String(other.pid)) : undefined;
  if (stat === undefined) return "here";
  return stat.isDead || isOther(stat.start, other.start) ? "gone" : "here";
}

/** The identity in a form that fits into the name of a file. */
export function processMark(identity: ProcessIdentity = thisProcess()): string {
  const { machine, boot, namespace, pid, start } = identity;
  return `${shortHash(machine, boot)}-${shortHash(namespace)}-${String(pid)}-${start}`;
}

/** What `processMark` writes, for the middle of a regular expression. */
export const markPattern: string = "[0-9a-f]{8}-[0-9a-f]{8}-[1-9][0-9]{0,9}-[0-9]{1,20}";

/** Whether a text is a mark at all. */
export function isMark(text: string): boolean {
  return wholeMark.test(text);
}

const wholeMark = new RegExp(`^${markPattern}$`, "u");

/**
 * Whether the process that left a mark is known to be gone. Also when it had our process id, in another container of
 * this name, before we started: then we are its restart. That is believed of files whose loss does no more than break
 * an upload; a lock is not broken by it.
 */
export function isDeadMark(mark: string): boolean {
  if (!isMark(mark)) return false;
  const own = thisProcess();
  const [place, namespace, pid = "", start = ""] = mark.split("-");
  if (place !== shortHash(own.machine, own.boot)) return false;
  if (namespace === shortHash(own.namespace)) {
    return fateOf({ ...own, pid: Number(pid), start }) === "gone";
  }
  return Number(pid) === own.pid && Number(start) < Number(own.start);
}

function isOther(a: string, b: string): boolean {
  return a !== "" && b !== "" && a !== b;
}

function isOwnStart(start: string): boolean {
  const own = thisProcess();
  if (start === own.start) return true;
  return own.boot === "" && start !== "" && Math.abs(Number(start) - Number(own.start)) <= maxDriftSeconds;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

/** Where /proc was mounted in another namespace, its numbers are not ours. */
function isProcOfThisNamespace(): boolean {
  return statOf("self")?.pid === process.pid;
}

/** From /proc/PID/stat (proc(5)): the name, in parentheses, may contain anything. */
function statOf(
  name: string,
): { readonly pid: number; readonly start: string; readonly isDead: boolean } | undefined {
  const text = readOr("", () => readFileSync(`/proc/${name}/stat`, "latin1"));
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const start = fields[19];
  if (start === undefined || !/^[0-9]{1,20}$/u.test(start)) return undefined;
  return { pid: Number.parseInt(text, 10), start, isDead: fields[0] === "Z" || fields[0] === "X" };
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
