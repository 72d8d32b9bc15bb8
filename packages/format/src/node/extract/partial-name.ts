import { isDeadMark, isMark, processMark } from "@blob/core/processes";
import { createHash } from "node:crypto";

/**
 * Names of unfinished files, which a later run finds by the name that they are to get:
 * `.TARGET-RUN-PROCESS.partial` while a process works on one, `.TARGET-RUN.partial` when it has let it go.
 */
export interface PartialName {
  readonly name: string;
  /**
   * `free` when nobody works on it any more; `unknown` when that cannot be said: another machine's, or from before a
   * restart of this one.
   */
  readonly owner: "free" | "working" | "unknown";
}

const pattern = /^\.([0-9a-f]{16})-[0-9a-f]{16}(?:-([0-9a-f-]+))?\.partial$/;

/** The name of a file while this process works on it. */
export function partialName(target: string, run: string): string {
  return `.${keyOf(target)}-${run}-${processMark()}.partial`;
}

/** Its name when it is left to a later run. */
export function freePartialName(target: string, run: string): string {
  return `.${keyOf(target)}-${run}.partial`;
}

/** Whether this is the name of an unfinished file, whichever it is to become. */
export function isPartialName(name: string): boolean {
  return pattern.test(name);
}

/** What a name says, if it is that of an unfinished file that is to become the target: a name in the same directory. */
export function parsePartialName(name: string, target: string): PartialName | undefined {
  const [, key, mark] = pattern.exec(name) ?? [];
  if (key === undefined || key !== keyOf(target)) return undefined;
  if (mark === undefined) return { name, owner: "free" };
  if (!isMark(mark)) return undefined;
  if (isDeadMark(mark)) return { name, owner: "free" };
  // Its first two parts say where its process's number means something.
  return { name, owner: placeOf(mark) === placeOf(processMark()) ? "working" : "unknown" };
}

function placeOf(mark: string): string {
  return mark.split("-", 2).join("-");
}

function keyOf(target: string): string {
  return createHash("sha256").update(target).digest("hex").slice(0, 16);
}
