import { readdirSync } from "node:fs";
import type { Dirent } from "node:fs";

/** What is in a directory. */
export interface DirectoryEntries {
  readonly entries: readonly Dirent[];
  /** Names that are not UTF-8, with U+FFFD for what cannot be decoded. */
  readonly undecodable: readonly string[];
}

/** The names in a directory, and of what kind each is. Errors are the system's. */
export function readEntries(location: string): DirectoryEntries {
  const entries = readdirSync(location, { withFileTypes: true });
  // Node decodes names with U+FFFD for what is not UTF-8; only the bytes tell that from a name that has U+FFFD.
  if (!entries.some((entry) => entry.name.includes("\uFFFD"))) return { entries, undecodable: [] };
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const decodable = new Set<string>();
  const undecodable: string[] = [];
  for (const bytes of readdirSync(location, { encoding: "buffer" })) {
    try {
      decodable.add(decoder.decode(bytes));
    } catch {
      undecodable.push(bytes.toString("utf8"));
    }
  }
  return { entries: entries.filter((entry) => decodable.has(entry.name)), undecodable };
}
