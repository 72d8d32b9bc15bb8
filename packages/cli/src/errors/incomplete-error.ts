import { counted } from "../output/sizes.js";
/** Something was left out, and `--strict` says that this is an error. */
class IncompleteError extends Error {
  override readonly name = "IncompleteError";
  readonly code = "Incomplete";
}

/** @throws IncompleteError when paths were left alone. */
export function requireComplete(skipped: readonly string[]): void {
  if (skipped.length === 0) return;
  throw new IncompleteError(
    `--strict: ${counted(skipped.length, "file")} were left alone, ${skipped[0] ?? ""} for one`,
  );
}
