import type { FoundDirectory } from "./found-files.js";
import { openError } from "./read-small-file.js";
import { directoryChanged, isSameDirectory, openSourceChild, rootDirectory } from "./source-directory.js";
import type { SourceDirectory, SourceRoot } from "./source-directory.js";

/** As many levels are held above the directory that is read. */
const maxHeldLevels = 64;

interface Level {
  /** Its path below the root, with a slash at its end. */
  readonly prefix: string;
  readonly directory: SourceDirectory;
}

/**
 * Opens the directories of a listing again, one name after another without following links, when files in them are read.
 * Files come in the order of the listing: what is above the next one is held already.
 */
export class SourceDirectories {
  readonly #root: SourceDirectory;
  /** The innermost last. */
  readonly #levels: Level[] = [];
  #found: FoundDirectory | undefined;
  /** A file in `#found`, for messages. */
  #path = "";

  constructor(root: SourceRoot) {
    this.#root = rootDirectory(root);
  }

  /**
   * The path of a file that was listed in a directory, as long as no other one is asked for. `FileChanged`, which names
   * the file's archive path, when another directory is there now; `FileSystem`.
   */
  locate(found: FoundDirectory, name: string, path: string): string {
    try {
      return (found === this.#found ? this.#innermost() : this.#open(found, path)).locate(name);
    } catch (cause) {
      throw openError(cause, path);
    }
  }

  /** Throws `FileChanged` when what was read may have been another directory's. To be called before it is used. */
  check(): void {
    if (this.#found === undefined) return;
    if (!this.#root.isStill()) throw directoryChanged(this.#path);
    for (const { directory } of this.#levels) if (!directory.isStill()) throw directoryChanged(this.#path);
  }

  close(): void {
    for (const { directory } of this.#levels.splice(0)) directory.close();
  }

  #innermost(): SourceDirectory {
    return this.#levels.at(-1)?.directory ?? this.#root;
  }

  #open(found: FoundDirectory, path: string): SourceDirectory {
    const { source } = found;
    this.#found = undefined;
    let above = this.#leaveTo(source);
    this.#path = path;
    for (let at = above.length; at < source.length; at = above.length) {
      above = source.slice(0, source.indexOf("/", at) + 1);
      const directory = openSourceChild(this.#innermost(), above.slice(at, -1), path);
      this.#levels.push({ prefix: above, directory });
      if (this.#levels.length > maxHeldLevels) this.#leave(this.#levels.shift());
    }
    const directory = this.#innermost();
    if (!isSameDirectory(directory.identify(), found)) throw directoryChanged(path);
    this.#found = found;
    return directory;
  }

  /** Leaves what is not above a directory, and returns the path of the innermost one that is. */
  #leaveTo(source: string): string {
    for (;;) {
      const prefix = this.#levels.at(-1)?.prefix ?? "";
      if (source.startsWith(prefix)) return prefix;
      this.#leave(this.#levels.pop());
    }
  }

  #leave(level: Level | undefined): void {
    if (level === undefined) return;
    const isStill = level.directory.isStill();
    level.directory.close();
    if (!isStill) throw directoryChanged(this.#path);
  }
}
