import { expect, test } from "vitest";
import { memoryArchive } from "../testing/memory-archive.js";
import { compareInTree, nextMatch, searchPaths } from "./path-search.js";

const archive = memoryArchive({
  "css/print.css": "",
  "css/site.css": "",
  "docs/Style.md": "",
  "docs/css-notes/a.txt": "",
  "index.html": "",
});

async function find(query: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const paths of searchPaths(archive, query, new AbortController().signal)) found.push(...paths);
  return found;
}

test.each([
  ["css", ["css", "css/print.css", "css/site.css", "docs/css-notes"]],
  ["style", ["docs/Style.md"]],
  ["Style", ["docs/Style.md"]],
  ["STYLE", []],
  ["css/s", ["css/site.css"]],
  ["notes/a", ["docs/css-notes/a.txt"]],
  ["docs", ["docs"]],
  ["nowhere", []],
])("%j finds %j", async (query, expected) => {
  expect(await find(query)).toEqual(expected);
});

test("the event loop goes on while many files are searched, and an abort ends it", async () => {
  const many = memoryArchive(
    Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`f${String(at)}`, ""])),
  );
  const controller = new AbortController();
  let turns = 0;
  const count = setInterval(() => (turns += 1), 0);
  const pieces: number[] = [];
  for await (const paths of searchPaths(many, "f", controller.signal)) {
    pieces.push(paths.length);
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (pieces.length === 3) controller.abort();
  }
  clearInterval(count);
  expect(pieces).toEqual([1000, 1000, 1000]);
  expect(turns).toBeGreaterThan(0);
});

test("matches follow each other as the tree shows them", () => {
  expect(["a-b", "a.x", "a/z", "a"].toSorted(compareInTree)).toEqual(["a", "a/z", "a-b", "a.x"]);
  const matches = ["a-b", "a/z", "c"];
  expect(nextMatch(matches, "a", 1)).toBe("a/z");
  expect(nextMatch(matches, "a/z", 1)).toBe("a-b");
  expect(nextMatch(matches, "c", 1)).toBe("a/z");
  expect(nextMatch(matches, "a/z", -1)).toBe("c");
  expect(nextMatch(matches, "c", 1, true)).toBe("c");
  expect(nextMatch([], "c", 1)).toBeUndefined();
});
