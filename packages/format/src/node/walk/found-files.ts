import type { BigIntStats } from "node:fs";

import type { DirectoryIdentity, SourceRoot } from "./source-directory.js";

/** A directory that was listed. */
export interface FoundDirectory extends DirectoryIdentity {
  /** Relative to the root and without links, with a slash at its end; the root's is empty. */
  readonly source: string;
}

/**
 * The files below a directory, a row each, in the order of their paths' bytes. A column for each fact: hundreds of
 * thousands of files are to cost little before anything of them is read. The columns of numbers may be longer than
 * there are files.
 */
export interface FoundFiles {
  /** The archive paths. */
  readonly paths: readonly string[];
  /** The directories that the bytes are in: not the paths' own behind links that were followed. */
  readonly directories: readonly FoundDirectory[];
  /** By row: the name there, if it is not the path's last: of a link that was followed. */
  readonly names: ReadonlyMap<number, string>;
  /** In bytes, when they were found; so are the other facts. */
  readonly sizes: Float64Array;
  /** Permission bits. */
  readonly modes: Uint32Array;
  readonly uids: Uint32Array;
  readonly gids: Uint32Array;
  /** Nanoseconds since the epoch. */
  readonly mtimes: BigInt64Array;
  /** Rows of files whose time does not fit into its column. */
  readonly farTimes: ReadonlySet<number>;
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

/** A file that is archived without bits of its mode: the format has permissions only. */
export interface DroppedModeBits {
  readonly path: string;
  readonly bits: readonly ("setuid" | "setgid" | "sticky")[];
}

/** The same while it grows: columns are replaced by longer ones. */
export class GrowingFiles implements FoundFiles {
  readonly paths: string[] = [];
  readonly directories: FoundDirectory[] = [];
  readonly names: Map<number, string> = new Map();
  sizes: Float64Array = new Float64Array(1024);
  modes: Uint32Array = new Uint32Array(1024);
  uids: Uint32Array = new Uint32Array(1024);
  gids: Uint32Array = new Uint32Array(1024);
  mtimes: BigInt64Array = new BigInt64Array(1024);
  readonly farTimes: Set<number> = new Set();
  readonly modeBitsDropped: DroppedModeBits[] = [];

  /** The name is said where it is not the path's last. */
  add(path: string, size: number, stats: BigIntStats, directory: FoundDirectory, name?: string): void {
    const row = this.paths.length;
    if (row === this.sizes.length) this.#grow(2 * row);
    this.paths.push(path);
    this.directories.push(directory);
    if (name !== undefined) this.names.set(row, name);
    this.sizes[row] = size;
    const mode = Number(stats.mode);
    if ((mode & 0o7000) !== 0) this.modeBitsDropped.push({ path, bits: specialBits(mode) });
    this.modes[row] = mode & 0o777;
    this.uids[row] = Number(stats.uid);
    this.gids[row] = Number(stats.gid);
    this.mtimes[row] = stats.mtimeNs;
    if (this.mtimes[row] !== stats.mtimeNs) this.farTimes.add(row);
  }

  #grow(rows: number): void {
    this.sizes = enlarged(new Float64Array(rows), this.sizes);
    this.modes = enlarged(new Uint32Array(rows), this.modes);
    this.uids = enlarged(new Uint32Array(rows), this.uids);
    this.gids = enlarged(new Uint32Array(rows), this.gids);
    this.mtimes = enlarged(new BigInt64Array(rows), this.mtimes);
  }
}

function specialBits(mode: number): DroppedModeBits["bits"] {
  return [
    ...((mode & 0o4000) === 0 ? [] : (["setuid"] as const)),
    ...((mode & 0o2000) === 0 ? [] : (["setgid"] as const)),
    ...((mode & 0o1000) === 0 ? [] : (["sticky"] as const)),
  ];
}

function enlarged<T extends { set(from: T): void }>(larger: T, column: T): T {
  larger.set(column);
  return larger;
}
