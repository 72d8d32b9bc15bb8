import { closeSync, constants, fstatSync, openSync } from "node:fs";

import type { OpenFile } from "../chunks/open-file.js";
import type { Destination } from "../extract/destination.js";
import type { FindLocalChunks } from "../extract/local-chunks.js";
import { splitTarget } from "../extract/target-path.js";
import type { ChunkPlaces } from "./chunk-places.js";

/** Opens what chunks are copied from: never through a link, and nothing that is not a file. */
export function openPlaces(
  destination: Destination,
  places: ReadonlyMap<string, ChunkPlaces>,
): FindLocalChunks {
  return ({ path: wanted }) => {
    const chunks = places.get(wanted);
    if (chunks === undefined || chunks.size === 0) return undefined;
    const files = new Map<string, OpenFile | undefined>();

    function fileAt(path: string): OpenFile | undefined {
      if (!files.has(path)) files.set(path, openSource(destination, path));
      return files.get(path);
    }

    // The file itself is about to be replaced: what it has now stays readable.
    const own = fileAt(wanted);
    const isBase = Array.from(chunks.values()).some(({ path }) => path === wanted);
    return {
      base: isBase ? own : undefined,
      find({ index }) {
        const place = chunks.get(index);
        const file = place === undefined ? undefined : fileAt(place.path);
        return place === undefined || file === undefined ? undefined : { file, offset: place.offset };
      },
      close() {
        for (const file of files.values()) if (file !== undefined) closeSync(file.handle);
        files.clear();
      },
    };
  };
}

/** To open a pipe would wait for its other end. */
const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Nothing when it cannot be read any more: then its chunks are fetched. */
function openSource(destination: Destination, path: string): OpenFile | undefined {
  try {
    const { parent, name } = splitTarget(path);
    const directory = destination.find(parent);
    if (directory === undefined) return undefined;
    try {
      const handle = openSync(directory.locate(name), readFlags);
      if (fstatSync(handle).isFile()) return { handle, name: path };
      closeSync(handle);
      return undefined;
    } finally {
      directory.release();
    }
  } catch {
    return undefined;
  }
}
