import type { Archive } from "../../archive.js";
import type { WantedTree } from "../files/remove-below.js";
import type { Extraction } from "./extract-options.js";
import { isPartialName, parsePartialName } from "./partial-name.js";
import { splitTarget } from "./target-path.js";

/** What is worth keeping when a destination is emptied: unfinished files that the extraction goes on with. */
export function keptPartials(archive: Archive, selected: Iterable<Extraction>): WantedTree {
  const targets = new Map<string, string[]>();
  const directories = new Set<string>();
  for (const { entry, target } of selected) {
    if (archive.chunks(entry.path) === undefined) continue;
    const { parent, name } = splitTarget(target);
    const known = targets.get(parent);
    if (known === undefined) targets.set(parent, [name]);
    else known.push(name);
    for (let above = parent; above !== ""; above = splitTarget(above).parent) directories.add(above);
  }
  return {
    kindOf(path) {
      if (directories.has(path)) return "directory";
      const { parent, name } = splitTarget(path);
      if (!isPartialName(name)) return undefined;
      const isKept = targets.get(parent)?.some((target) => parsePartialName(name, target) !== undefined);
      return isKept === true ? "file" : undefined;
    },
    otherSpelling: () => undefined,
  };
}
