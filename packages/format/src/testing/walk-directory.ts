import { beginWalk } from "../node/walk/walk.js";
import type { WalkOptions, WalkResult } from "../node/walk/walk-options.js";

/** The whole listing of a directory whose files nobody reads. */
export async function walkDirectory(directory: string, options: WalkOptions = {}): Promise<WalkResult> {
  const listing = await beginWalk(directory, options);
  try {
    return await listing.end();
  } finally {
    await listing.close();
  }
}
