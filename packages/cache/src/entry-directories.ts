import path from "node:path";
import { isPrivateDirectory, makePrivateDirectory } from "@blob/core/files";
import { entryName, shardOf } from "./entry-name.js";

/** The file of an entry, and the directory that it is in. */
export interface EntryPlace {
  readonly folder: string;
  readonly file: string;
}

/** The directories of a store, which others must not be able to change. */
export interface EntryDirectories {
  /** Where an entry is, if it is there; undefined for a key that cannot have one. */
  placeOf(key: string): EntryPlace | undefined;
  exists(folder: string): Promise<boolean>;
  /** `UnsafeDirectory`. */
  make(folder: string): Promise<void>;
  /** Looks at all of them again: somebody cleared the cache. */
  forget(): void;
}

export function createEntryDirectories(directory: string): EntryDirectories {
  /** Directories that were looked at. Only we can change them. */
  const known = new Set<string>();
  return {
    placeOf(key) {
      const name = entryName(key);
      if (name === undefined) return undefined;
      const folder = path.join(directory, shardOf(name));
      return { folder, file: path.join(folder, name) };
    },
    async exists(folder) {
      if (known.has(folder)) return true;
      if (!(await isPrivateDirectory(directory)) || !(await isPrivateDirectory(folder))) return false;
      known.add(folder);
      return true;
    },
    async make(folder) {
      if (known.has(folder)) return;
      await makePrivateDirectory(directory);
      await makePrivateDirectory(folder);
      known.add(folder);
    },
    forget() {
      known.clear();
    },
  };
}
