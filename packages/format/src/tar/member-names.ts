import { invalidTar } from "./tar-error.js";

/** The names that a tar stream has used for files, and for directories by having files in them. */
export interface MemberNames {
  /** Throws `InvalidTar` for a path that is there already, or that would be a file and a directory. */
  addFile(path: string): void;
}

/**
 * Which of two members of one name counts differs among programs, and with it what a person who looked at the tar
 * believes to be in it: neither does.
 */
export function createMemberNames(): MemberNames {
  const files = new Set<string>();
  const directories = new Set<string>();
  return {
    addFile(path) {
      if (files.has(path)) {
        throw invalidTar("is there twice, and programs differ in which one counts: make it again", path);
      }
      if (directories.has(path)) throw invalidTar("is a file and a directory with files", path);
      files.add(path);
      for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
        const directory = path.slice(0, at);
        // What is above it is known, too.
        if (directories.has(directory)) return;
        if (files.has(directory)) throw invalidTar("is a file and a directory with files", directory);
        directories.add(directory);
      }
    },
  };
}
