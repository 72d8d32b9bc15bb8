import type { Archive } from "@blob/format";
import fc from "fast-check";
import { expect, test } from "vitest";
import { countEntries } from "../testing/count-entries.js";
import { memoryArchive } from "../testing/memory-archive.js";
import type { Tree, TreeRow } from "./tree.js";
import { collapse, createTree, expand, parentOf, reveal, rowAt } from "./tree.js";

const list = memoryArchive({ "a/b/c.txt": "", "a/b/d.txt": "", "a/e.txt": "", "f.txt": "" }).listDirectory(
  "",
);
const rowsOf = (tree: Tree): TreeRow[] =>
  Array.from({ length: tree.length }, (_, at) => rowAt(tree, at)).filter((row) => row !== undefined);
const shown = (tree: Tree): readonly string[] =>
  rowsOf(tree).map(({ node, depth }) => "  ".repeat(depth) + node.name);

test("a directory opens below its row and closes with all that is in it", () => {
  const root = createTree(list);
  expect(shown(root)).toEqual(["a", "f.txt"]);
  const open = expand(expand(root, 0), 1);
  expect(shown(open)).toEqual(["a", "  b", "    c.txt", "    d.txt", "  e.txt", "f.txt"]);
  expect(shown(root)).toEqual(["a", "f.txt"]);
  expect(shown(collapse(open, 0))).toEqual(["a", "f.txt"]);
  // What was open in it is closed when it opens again.
  expect(shown(expand(collapse(open, 0), 0))).toEqual(["a", "  b", "  e.txt", "f.txt"]);
  expect([parentOf(open, 3), parentOf(open, 4), parentOf(open, 5)]).toEqual([1, 0, -1]);
});

test("files do not open, and neither does what is open", () => {
  const root = createTree(list);
  expect(expand(root, 1)).toBe(root);
  const open = expand(root, 0);
  expect(expand(open, 0)).toBe(open);
  expect(collapse(root, 0)).toBe(root);
});

test("a path is revealed with the directories that lead to it", () => {
  const { tree, at } = reveal(createTree(list), "a/b/d.txt");
  expect(shown(tree)).toEqual(["a", "  b", "    c.txt", "    d.txt", "  e.txt", "f.txt"]);
  expect(at).toBe(3);
  expect(reveal(tree, "a/b/x").at).toBe(-1);
});

test("a path is revealed among directories that are open already", () => {
  const open = reveal(createTree(list), "a/b/c.txt").tree;
  const { tree, at } = reveal(open, "a/e.txt");
  expect(shown(tree)).toEqual(shown(open));
  expect(at).toBe(4);
  expect(reveal(tree, "f.txt").at).toBe(5);
  expect(reveal(tree, "f.txt/x")).toEqual({ tree, at: -1 });
});

test("any steps show the rows that the steps of a plain tree show", () => {
  const files = ["a", "b/a", "b/b/a", "b/b/b", "b/c", "c/a/a/a", "c/b", "d", "e/a"];
  const archive = memoryArchive(Object.fromEntries(files.map((path) => [path, ""])));
  const step = fc.record({ kind: fc.constantFrom("expand", "collapse", "reveal"), at: fc.nat(20) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let tree = createTree(archive.listDirectory(""));
      const open = new Set<string>();
      for (const { kind, at } of steps) {
        const node = rowAt(tree, at)?.node;
        if (kind === "reveal") {
          const path = files[at % files.length] ?? "";
          const revealed = reveal(tree, path);
          expect(rowAt(revealed.tree, revealed.at)?.node.path).toBe(path);
          tree = revealed.tree;
          for (const { index } of path.matchAll(/\//gu)) open.add(path.slice(0, index));
        } else if (kind === "expand") {
          tree = expand(tree, at);
          if (node?.kind === "directory") open.add(node.path);
        } else {
          tree = collapse(tree, at);
          if (node !== undefined) {
            for (const path of open) if (`${path}/`.startsWith(`${node.path}/`)) open.delete(path);
          }
        }
        const expected = plainRows(archive, open, "", 0);
        expect(
          rowsOf(tree).map(({ node: { path }, depth, isExpanded }) => [path, depth, isExpanded]),
        ).toEqual(expected);
        const parents = expected.map(([path]) =>
          expected.findIndex(([above]) => above === path.slice(0, Math.max(0, path.lastIndexOf("/")))),
        );
        expect(expected.map((_, row) => parentOf(tree, row))).toEqual(parents);
      }
    }),
  );
});

function plainRows(
  archive: Archive,
  open: ReadonlySet<string>,
  directory: string,
  depth: number,
): [path: string, depth: number, isExpanded: boolean][] {
  return archive
    .readDirectory(directory)
    .flatMap(({ path }) => [
      [path, depth, open.has(path)] as [string, number, boolean],
      ...(open.has(path) ? plainRows(archive, open, path, depth + 1) : []),
    ]);
}

test("a directory of 130,000 files opens and closes, and only the rows that are looked at are made", () => {
  const names = Array.from({ length: 130_000 }, (_, at) => [`d/${String(at).padStart(6, "0")}`, ""]);
  const files = Object.fromEntries(names) as Record<string, string>;
  const { archive, made } = countEntries(memoryArchive({ ...files, z: "" }));
  const large = archive.listDirectory("");
  const open = expand(createTree(large), 0);
  expect(open).toHaveLength(130_002);
  expect(rowAt(open, 130_001)?.node.name).toBe("z");
  expect(rowAt(open, 65_001)?.node.name).toBe("065000");
  expect(reveal(createTree(large), "d/129999").at).toBe(130_000);
  expect(collapse(open, 0)).toHaveLength(2);
  expect(made()).toBeLessThan(10);
});

test("20,000 levels open", () => {
  const path = `${"d/".repeat(20_000)}file`;
  const deep = memoryArchive({ [path]: "" }).listDirectory("");
  const { tree, at } = reveal(createTree(deep), path);
  expect(at).toBe(20_000);
  expect(rowAt(tree, at)).toMatchObject({ depth: 20_000, node: { name: "file" } });
  expect(parentOf(tree, at)).toBe(19_999);
  expect(collapse(tree, 0)).toHaveLength(1);
});
