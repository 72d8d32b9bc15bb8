import type { BigIntStats } from "node:fs";

/**
 * The files below a directory, a row each, in the order of their paths' bytes. A column for each fact: hundreds of
 * thousands of files are to cost little before anything of them is read.
 */
export interface FoundFiles {
  /** The archive paths. */
  readonly paths: readonly string[];
  /** By row: where the bytes are, relative to the directory, if not at the path: behind links that were followed. */
  readonly sources: ReadonlyMap<number, string>;
  /** In bytes, when they were found; so are the other facts. */
  readonly sizes: readonly number[];
  /** Permission bits. */
  readonly modes: readonly number[];
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  /** Nanoseconds since the epoch. */
  readonly mtimes: readonly bigint[];
}

/** The same while it is made. */
export class FoundFilesBuilder implements FoundFiles {
  readonly paths: string[] = [];
  readonly sources: Map<number, string> = new Map();
  readonly sizes: number[] = [];
  readonly modes: number[] = [];
  readonly uids: number[] = [];
  readonly gids: number[] = [];
  readonly mtimes: bigint[] = [];

  add(path: string, source: string, size: number, stats: BigIntStats): void {
    if (source !== path) this.sources.set(this.paths.length, source);
    this.paths.push(path);
    this.sizes.push(size);
    this.modes.push(Number(stats.mode) & 0o777);
    this.uids.push(Number(stats.uid));
    this.gids.push(Number(stats.gid));
    this.mtimes.push(stats.mtimeNs);
  }
}
