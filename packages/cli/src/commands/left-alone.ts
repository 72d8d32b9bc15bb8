import type { Output } from "../output/output.js";

/** What to do when files exist already and were left alone. */
const remedy = "replace them with --overwrite, or bring a directory up to date with `blob pull --sync`";

/**
 * Says which files were left alone because they exist. Returns the one line that says how many, for the result; JSON
 * has no place for it, so it is a message there. The names are for people who ask for more.
 */
export function tellLeftAlone(paths: readonly string[], output: Output): readonly string[] {
  if (paths.length === 0) return [];
  for (const path of paths) output.detail(`exists already, left alone: ${path}`);
  const line = `Left alone: ${String(paths.length)} that exist already (${remedy})`;
  if (output.format === "json") output.note(line);
  return [line];
}
