import { nextTurn } from "@blob/core/concurrency";
import type { Archive, Entry } from "@blob/format";

/** So many paths are compared before other requests get their turn: some milliseconds. */
const entriesPerTurn = 2000;

/**
 * The files below a directory whose path from there has a text in it, in any case, in the order of the archive: in lists as
 * long as one turn makes them. Nothing is kept of the archive in between.
 */
export async function* search(
  archive: Archive,
  directory: string,
  text: string,
  signal: AbortSignal,
): AsyncGenerator<readonly Entry[], void, undefined> {
  const wanted = text.toLowerCase();
  const from = directory === "" ? 0 : directory.length + 1;
  let found: Entry[] = [];
  let seen = 0;
  for (const entry of archive.entries(directory)) {
    if (entry.path.slice(from).toLowerCase().includes(wanted)) found.push(entry);
    seen += 1;
    if (seen % entriesPerTurn !== 0) continue;
    yield found;
    found = [];
    await nextTurn();
    signal.throwIfAborted();
  }
  yield found;
}
