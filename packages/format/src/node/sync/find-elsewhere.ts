import { nextTurn } from "@blob/core/concurrency";

import type { Archive } from "../../archive.js";
import type { ChunkPlace, ChunkPlaces } from "./chunk-places.js";
import { keyOf } from "./find-chunks.js";

/** Files that chunks of one file are copied from, beside itself: they are open at the same time. */
const maxSources = 32;

/** So many chunks are looked at before other work of the process gets a turn: some milliseconds. */
const chunksPerTurn = 4096;

interface Wanted {
  readonly path: string;
  readonly number: number;
}

interface Found {
  readonly chunks: Map<number, ChunkPlace>;
  readonly sources: Set<string>;
}

/**
 * Finds chunks of files that are to be written in files that are as they should be: the archive says what these have, so
 * that nothing is read. What was found before stays. All files are such whose chunks the archive describes.
 */
export async function findElsewhere(
  archive: Archive,
  paths: readonly string[],
  equal: readonly string[],
  places: Map<string, ChunkPlaces>,
): Promise<void> {
  if (equal.length === 0) return;
  let untilTurn = chunksPerTurn;
  const takeTurn = async (): Promise<void> => {
    if (untilTurn-- > 0) return;
    untilTurn = chunksPerTurn;
    await nextTurn();
  };

  const wanted = new Map<string, Wanted[]>();
  for (const path of paths) {
    const known = places.get(path);
    for (const { index: number, hash } of archive.chunks(path) ?? []) {
      await takeTurn();
      if (known?.has(number) === true) continue;
      const key = keyOf(hash);
      const others = wanted.get(key);
      if (others === undefined) wanted.set(key, [{ path, number }]);
      else others.push({ path, number });
    }
  }

  const found = new Map<string, Found>();
  for (const source of equal) {
    if (wanted.size === 0) break;
    for (const { offset, hash } of archive.chunks(source) ?? []) {
      await takeTurn();
      const key = keyOf(hash);
      const left: Wanted[] = [];
      for (const want of wanted.get(key) ?? []) {
        const { path, number } = want;
        const { chunks, sources } = found.get(path) ?? {
          chunks: new Map(places.get(path)),
          sources: new Set(),
        };
        if (!sources.has(source) && sources.size === maxSources) {
          left.push(want);
          continue;
        }
        sources.add(source);
        chunks.set(number, { path: source, offset });
        found.set(path, { chunks, sources });
      }
      if (left.length === 0) wanted.delete(key);
      else wanted.set(key, left);
    }
  }
  for (const [path, { chunks }] of found) places.set(path, chunks);
}
