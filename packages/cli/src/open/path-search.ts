import type { Archive } from "@blob/format";
import { comparePaths } from "@blob/format";

/** So many paths are looked at before whatever else waits gets its turn: a few milliseconds. */
const pathsAtATime = 1000;

/**
 * Finds files and directories whose path contains the query, with the match reaching into their own name: `css` finds
 * the directory but not every file in it. Without capitals in the query, case does not matter. Gives what was found
 * piece by piece, and lets the event loop go on between the pieces.
 */
export async function* searchPaths(
  archive: Archive,
  query: string,
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  const matches = matcher(query);
  let found: string[] = [];
  let looked = 0;
  let previous = "";
  for (const { path } of archive.entries()) {
    for (const one of newPaths(previous, path)) {
      if (matches(one)) found.push(one);
      looked += 1;
      if (looked % pathsAtATime === 0) {
        yield found;
        found = [];
        await new Promise(setImmediate);
        if (signal.aborted) return;
      }
    }
    previous = path;
  }
  yield found;
}

/** Whether a path matches a query. */
export function matcher(query: string): (path: string) => boolean {
  const fold = query === query.toLowerCase();
  return (path) => {
    if (query === "") return false;
    const name = path.lastIndexOf("/") + 1;
    // A match that reaches into the name begins no earlier: long paths are not looked at from their beginning.
    const from = Math.max(0, name - query.length + 1);
    const [before, own] = [path.slice(from, name), path.slice(name)].map((part) =>
      fold ? part.toLowerCase() : part,
    );
    const text = `${before ?? ""}${own ?? ""}`;
    const at = text.lastIndexOf(query);
    return at !== -1 && at + query.length > (before ?? "").length;
  };
}

/** A path, and before it the directories that it is in and the previous one is not: files of a directory stand together. */
function* newPaths(previous: string, path: string): Generator<string> {
  let common = 0;
  while (common < previous.length && previous.charCodeAt(common) === path.charCodeAt(common)) common += 1;
  for (let end = path.indexOf("/", common); end !== -1; end = path.indexOf("/", end + 1))
    yield path.slice(0, end);
  yield path;
}

/** Compares paths as a tree shows them: a directory comes right before what is in it. */
export function compareInTree(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x === y) continue;
    if (x === slash || y === slash) return x === slash ? -1 : 1;
    return comparePaths(a.slice(at), b.slice(at));
  }
  return a.length - b.length;
}

const slash = 0x2f;

/** The nearest match after (or before) a path, going on from the other end when there is none. */
export function nextMatch(
  matches: readonly string[],
  from: string,
  direction: 1 | -1,
  including = false,
): string | undefined {
  // Matches are in the order of the archive, which is nearly the tree's. Looking at each once is quick enough.
  const first = (isIn: (match: string) => boolean): string | undefined => {
    let found: string | undefined;
    for (const match of matches) {
      if (!isIn(match)) continue;
      if (found === undefined || compareInTree(match, found) * direction < 0) found = match;
    }
    return found;
  };
  const isAfter = (match: string): boolean => {
    const distance = compareInTree(match, from) * direction;
    return distance > 0 || (including && distance === 0);
  };
  return first(isAfter) ?? first(() => true);
}
