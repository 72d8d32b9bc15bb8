import { expect, test } from "vitest";
import { memoryArchive } from "../testing/memory-archive.js";
import type { Tree } from "./tree.js";
import { collapse, createLister, createTree, expand, parentOf, reveal } from "./tree.js";

const list = createLister(memoryArchive({ "a/b/c.txt": "", "a/b/d.txt": "", "a/e.txt": "", "f.txt": "" }));
const shown = (tree: Tree): readonly string[] =>
  tree.rows.map(({ node, depth }) => "  ".repeat(depth) + node.name);

test("a directory opens below its row and closes with all that is in it", () => {
  const root = createTree(list);
  expect(shown(root)).toEqual(["a", "f.txt"]);
  const open = expand(expand(root, 0, list), 1, list);
  expect(shown(open)).toEqual(["a", "  b", "    c.txt", "    d.txt", "  e.txt", "f.txt"]);
  expect(shown(root)).toEqual(["a", "f.txt"]);
  expect(shown(collapse(open, 0))).toEqual(["a", "f.txt"]);
  // What was open in it is closed when it opens again.
  expect(shown(expand(collapse(open, 0), 0, list))).toEqual(["a", "  b", "  e.txt", "f.txt"]);
  expect([parentOf(open, 3), parentOf(open, 4), parentOf(open, 5)]).toEqual([1, 0, -1]);
});

test("files do not open, and neither does what is open", () => {
  const root = createTree(list);
  expect(expand(root, 1, list)).toBe(root);
  const open = expand(root, 0, list);
  expect(expand(open, 0, list)).toBe(open);
  expect(collapse(root, 0)).toBe(root);
});

test("a path is revealed with the directories that lead to it", () => {
  const { tree, at } = reveal(createTree(list), "a/b/d.txt", list);
  expect(shown(tree)).toEqual(["a", "  b", "    c.txt", "    d.txt", "  e.txt", "f.txt"]);
  expect(at).toBe(3);
  expect(reveal(tree, "a/b/x", list).at).toBe(-1);
});

test("a directory of 200,000 files opens and closes", () => {
  const files = Object.fromEntries(Array.from({ length: 200_000 }, (_, at) => [`d/${String(at)}`, ""]));
  const large = createLister(memoryArchive({ ...files, z: "" }));
  const open = expand(createTree(large), 0, large);
  expect(open.rows).toHaveLength(200_002);
  expect(open.rows.at(-1)?.node.name).toBe("z");
  expect(collapse(open, 0).rows).toHaveLength(2);
});
