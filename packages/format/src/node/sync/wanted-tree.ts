import type { Archive } from "../../archive.js";
import type { WantedTree } from "../files/remove-below.js";

/** What an archive wants to be in a directory. */
export function wantedTree(archive: Archive): WantedTree {
  let spellings: ReadonlyMap<string, string> | undefined;
  return {
    kindOf: (path) => archive.stat(path)?.kind,
    otherSpelling(path) {
      // Only when something is not the archive's: then all paths are looked at once.
      spellings ??= spellingsOf(archive);
      const spelling = spellings.get(fold(path));
      return spelling === path ? undefined : spelling;
    },
  };
}

/** Files and directories by what file systems may take for the same. */
function spellingsOf(archive: Archive): Map<string, string> {
  const spellings = new Map<string, string>();
  let previous = "";
  for (const { path } of archive.entries()) {
    spellings.set(fold(path), path);
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const directory = path.slice(0, end);
      // Neighbours have their directories in common.
      if (previous.startsWith(`${directory}/`)) break;
      spellings.set(fold(directory), directory);
    }
    previous = path;
  }
  return spellings;
}

function fold(path: string): string {
  return path.normalize("NFC").toLowerCase().normalize("NFC");
}
