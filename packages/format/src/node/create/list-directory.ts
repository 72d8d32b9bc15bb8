import { placeOf } from "../walk/found-files.js";
import type { FoundFiles } from "../walk/found-files.js";
import { beginWalk } from "../walk/walk.js";
import type { WalkOptions } from "../walk/walk-options.js";
import type { FoundSource } from "./file-batch.js";
import type { Listing } from "./listing.js";
import { openFoundFile } from "./read-large-file.js";

/** The regular files below a directory: see `beginWalk`, also for errors. Whoever began it closes it. */
export async function listDirectory(directory: string, options: WalkOptions): Promise<Listing> {
  const walk = await beginWalk(directory, options);
  const { root, files } = walk;
  return {
    files,
    contents: {
      pick: (from, to) => ({ kind: "found", root, ...sourceOf(files, from, to) }),
      open: (row, changeDetection) => openFoundFile(placeOf(root, files, row), changeDetection),
      factsOf: (_row, found) => found,
    },
    until: (count) => walk.until(count),
    end: () => walk.end(),
    get result() {
      return walk.result;
    },
    stop: () => walk.stop(),
    close: () => walk.close(),
  };
}

function sourceOf(files: FoundFiles, from: number, to: number): Pick<FoundSource, "directories" | "names"> {
  const names = new Map<number, string>();
  if (files.names.size > 0) {
    for (let row = from; row < to; row++) {
      const name = files.names.get(row);
      if (name !== undefined) names.set(row - from, name);
    }
  }
  return { directories: files.directories.slice(from, to), names };
}
