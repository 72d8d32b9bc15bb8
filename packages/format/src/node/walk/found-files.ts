import type { BigIntStats } from "node:fs";

import { GrowingColumns } from "./file-columns.js";
import type { FileColumns } from "./file-columns.js";
import type { DirectoryIdentity, SourceRoot } from "./source-directory.js";

/** A directory that was listed. */
export interface FoundDirectory extends DirectoryIdentity {
  /** Relative to the root and without links, with a slash at its end; the root's is empty. */
  readonly source: string;
}

/** The files below a directory. */
export interface FoundFiles extends FileColumns {
  /** The directories that the bytes are in: not the paths' own behind links that were followed. */
  readonly directories: readonly FoundDirectory[];
  /** By row: the name there, if it is not the path's last: of a link that was followed. */
  readonly names: ReadonlyMap<number, string>;
}

/** The name of a row's file in its directory. */
export function nameOf(files: Pick<FoundFiles, "paths" | "names">, row: number): string {
  const path = files.paths[row] ?? "";
  return files.names.get(row) ?? path.slice(path.lastIndexOf("/") + 1);
}

/** Where a file that was found is read. */
export interface FilePlace {
  readonly root: SourceRoot;
  readonly directory: FoundDirectory;
  readonly name: string;
  /** Its archive path, for messages. */
  readonly path: string;
}

export function placeOf(root: SourceRoot, files: FoundFiles, row: number): FilePlace {
  const directory = files.directories[row];
  if (directory === undefined) throw new TypeError("No such file was found");
  return { root, directory, name: nameOf(files, row), path: files.paths[row] ?? "" };
}

/** Where a file was found: its directory, and its name there where that is not its path's last. */
export interface FoundPlace {
  readonly directory: FoundDirectory;
  readonly name: string | undefined;
}

/** The same while it grows. */
export class GrowingFiles extends GrowingColumns implements FoundFiles {
  readonly directories: FoundDirectory[] = [];
  readonly names: Map<number, string> = new Map();

  add(path: string, size: number, stats: BigIntStats, compress: boolean, place: FoundPlace): void {
    const mode = Number(stats.mode);
    const uid = Number(stats.uid);
    const gid = Number(stats.gid);
    const row = this.addRow({ path, size, mode, uid, gid, mtimeNs: stats.mtimeNs, compress });
    this.directories.push(place.directory);
    if (place.name !== undefined) this.names.set(row, place.name);
  }
}
