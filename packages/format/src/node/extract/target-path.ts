import { FormatError } from "../../errors.js";

/** The directory of a path, and the name in it. */
export function splitTarget(target: string): { readonly parent: string; readonly name: string } {
  const slash = target.lastIndexOf("/");
  return { parent: target.slice(0, Math.max(0, slash)), name: target.slice(slash + 1) };
}

/** The error for something that is in the way of a file. */
export function targetConflict(target: string, problem: string): FormatError {
  return new FormatError("DestinationConflict", `${JSON.stringify(target)} ${problem}`, { path: target });
}
