import type { Chunk } from "../../entry.js";

/** Where a file of a directory is said to have the content of a chunk. Whoever takes it from there verifies it. */
export interface ChunkPlace {
  /** Of the file, below the directory. */
  readonly path: string;
  /** Where the content begins, in bytes. */
  readonly offset: number;
}

/** Chunks of a file that a directory is said to have, by their numbers. */
export type ChunkPlaces = ReadonlyMap<number, ChunkPlace>;

/** Whether a chunk of a file is among them. */
export function hasPlace(places: ReadonlyMap<string, ChunkPlaces>): (path: string, chunk: Chunk) => boolean {
  return (path, { index }) => places.get(path)?.has(index) === true;
}
