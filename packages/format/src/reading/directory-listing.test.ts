import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Archive } from "../archive.js";
import { comparePaths } from "../paths/compare-bytes.js";
import { archiveOfEmptyFiles } from "../testing/empty-files.js";

/** The names in a directory with their kinds, found the long way. */
function namesIn(paths: readonly string[], directory: string): Map<string, "file" | "directory"> {
  const prefix = directory === "." ? "" : `${directory}/`;
  const found = new Map<string, "file" | "directory">();
  for (const path of paths) {
    if (!path.startsWith(prefix)) continue;
    const rest = path.slice(prefix.length);
    const slash = rest.indexOf("/");
    found.set(slash < 0 ? rest : rest.slice(0, slash), slash < 0 ? "file" : "directory");
  }
  return found;
}

function expectListings(archive: Archive, paths: readonly string[], directory: string): void {
  const kinds = namesIn(paths, directory);
  const names = [...kinds.keys()].toSorted(comparePaths);
  const grouped = [
    ...names.filter((name) => kinds.get(name) === "directory"),
    ...names.filter((name) => kinds.get(name) === "file"),
  ];
  for (const [directoriesFirst, expected] of [
    [false, names],
    [true, grouped],
  ] as const) {
    const listing = archive.listDirectory(directory, { directoriesFirst });
    expect(listing.length).toBe(expected.length);
    expect(Array.from(listing, ({ name }) => name)).toEqual(expected);
    expect(expected.map((_, index) => listing.nameAt(index))).toEqual(expected);
    expect(expected.map((name) => listing.indexOf(name))).toEqual(expected.map((_, index) => index));
    expect(listing.slice(1, 3).map(({ name }) => name)).toEqual(expected.slice(1, 3));
    for (const entry of listing) {
      expect(entry.kind).toBe(kinds.get(entry.name));
      expect(entry).toEqual(archive.stat(entry.path));
    }
    for (const [index, entry] of expected.map((_, at) => [at, listing.at(at)] as const)) {
      expect(listing.kindAt(index)).toBe(entry?.kind);
      const below = listing.listAt(index);
      expect(below && [...below]).toEqual(
        entry?.kind === "directory"
          ? [...archive.listDirectory(entry.path, { directoriesFirst })]
          : undefined,
      );
    }
    for (const index of [-1, expected.length, 0.5]) {
      expect([
        listing.at(index),
        listing.nameAt(index),
        listing.kindAt(index),
        listing.listAt(index),
      ]).toEqual([undefined, undefined, undefined, undefined]);
    }
    for (const name of ["", "no such name", ".", "a/b", "\ud800"]) {
      expect(listing.indexOf(name)).toBe(kinds.has(name) ? expect.any(Number) : -1);
    }
  }
  expect(archive.readDirectory(directory)).toEqual(archive.listDirectory(directory).slice());
}

describe("listDirectory", () => {
  test("lists names in the order of their bytes, whatever they begin with", () => {
    // Characters before and after the slash make directories come late in the order of full paths.
    const name = fc.string({
      unit: fc.constantFrom("a", "b", "-", ".", "0", "é", "\u{1f600}", "\uffff"),
      minLength: 1,
      maxLength: 4,
    });
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 40 }), (wanted) => {
        const paths = wanted.filter(
          (one) =>
            !one.split("/").some((element) => element === "." || element === "..") &&
            !wanted.some((other) => other.startsWith(`${one}/`)),
        );
        const archive = archiveOfEmptyFiles(paths);
        const directories = paths.flatMap((one) =>
          Array.from(one.matchAll(/\//g), ({ index }) => one.slice(0, index)),
        );
        for (const directory of [".", ...directories]) expectListings(archive, paths, directory);
      }),
    );
  });

  test("names that are all beginnings of others take no longer", () => {
    const paths = Array.from(
      { length: 3000 },
      (_, index) => `${"x".repeat(1 + (index >> 1))}${"-".repeat(index)}/f`,
    );
    const archive = archiveOfEmptyFiles(new Set(paths));
    expect(archive.listDirectory("").length).toBe(new Set(paths).size);
    expect(archive.readDirectory("").map(({ name }) => name)).toEqual(
      [...new Set(paths)].map((path) => path.slice(0, -2)).toSorted(comparePaths),
    );
  });

  test("says what readDirectory says about what is no directory", () => {
    const archive = archiveOfEmptyFiles(["a/b"]);
    expect(() => archive.listDirectory("x")).toThrow(expect.objectContaining({ code: "NotFound" }));
    expect(() => archive.listDirectory("a/b")).toThrow(expect.objectContaining({ code: "WrongKind" }));
    expect(() => archive.listDirectory("..")).toThrow(expect.objectContaining({ code: "InvalidPath" }));
  });
});

describe("a directory with 130,000 files", () => {
  const paths = Array.from({ length: 130_000 }, (_, index) => `d/${String(index).padStart(6, "0")}.txt`);
  const archive = archiveOfEmptyFiles([...paths, "e"]);

  test("is listed, counted and looked up", () => {
    const listing = archive.listDirectory("d");
    expect(listing.length).toBe(paths.length);
    expect(listing.at(129_999)?.path).toBe(paths.at(-1));
    expect(listing.indexOf("065000.txt")).toBe(65_000);
    expect(archive.readDirectory("d")).toHaveLength(paths.length);
    expect(archive.directoryStats("d").files).toBe(paths.length);
    expect([...archive.entries("d")]).toHaveLength(paths.length);
    expect(archive.listDirectory("").length).toBe(2);
  });

  test("is listed when these are directories", () => {
    const deep = archiveOfEmptyFiles(paths.map((path) => `${path}/file`));
    expect(deep.listDirectory("d", { directoriesFirst: true }).at(7)).toEqual({
      kind: "directory",
      name: "000007.txt",
      path: "d/000007.txt",
    });
  });
});

test("20,000 levels are opened, listed and counted at every depth", () => {
  const path = "d/".repeat(20_000) + "file";
  const archive = archiveOfEmptyFiles([path, "other"]);
  expect(archive.isFile(path)).toBe(true);
  expect(archive.directoryStats("d")).toMatchObject({ files: 1 });
  for (const depth of [1, 2, 10_000, 19_999]) {
    const directory = "d/".repeat(depth);
    expect(archive.readDirectory(directory).map(({ name }) => name)).toEqual(["d"]);
    expect(archive.listDirectory(directory).indexOf("d")).toBe(0);
    expect(archive.stat(directory)?.kind).toBe("directory");
  }
  let listing = archive.listDirectory("");
  for (let depth = 0; depth < 20_000; depth++) listing = listing.listAt(0) ?? archive.listDirectory("");
  expect(listing.at(0)?.path).toBe(path);
  expect(archive.readDirectory("d/".repeat(20_000))).toMatchObject([{ name: "file", path }]);
  expect(archive.directoryStats("d/".repeat(20_000)).files).toBe(1);
  expect(() => archive.readDirectory("d/".repeat(20_001))).toThrow(
    expect.objectContaining({ code: "NotFound" }),
  );
});
