import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { openArchive } from "../reading/archive-reader.js";
import type { Archive } from "../archive.js";
import { comparePaths } from "../paths/compare-bytes.js";
import type { Entry } from "../entry.js";
import { encodeIndex } from "./index-encoder.js";
import { expectPartition } from "../testing/expect-partition.js";
import { goldenArchives } from "../testing/golden-archives.js";

/** Raise it for a longer search; fast-check prints the seed of what fails. */
const cases = Number(process.env["BLOB_FUZZ_CASES"] ?? 5000);

function open(index: Uint8Array, size: number): Archive {
  return openArchive(index, { id: "nothing", size, read: () => (async function* () {})() });
}

const name = fc
  .oneof(
    fc.string({ unit: fc.constantFrom("a", "b", "-", ".", "0", " ", "~"), minLength: 1, maxLength: 4 }),
    fc.string({ unit: "binary", minLength: 1, maxLength: 5 }),
    fc.constantFrom("\ue000", "\uffff", "\u{10000}", "\u{10ffff}", "é", "e\u0301"),
  )
  .filter((text) => text !== "." && text !== ".." && !text.includes("/") && !text.includes("\0"));

const facts = fc.record({
  size: fc.oneof(fc.nat(1000), fc.maxSafeNat()),
  hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  mode: fc.integer({ min: 0, max: 0o777 }),
  uid: fc.integer({ min: 0, max: 0xffff_ffff }),
  gid: fc.integer({ min: 0, max: 0xffff_ffff }),
  mtimeNs: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  dataOffset: fc.nat(1000),
  storedSize: fc.nat(1000),
  isCompressed: fc.boolean(),
});

/** Any tree of files: no path twice, and no file that others lie below. */
const tree: fc.Arbitrary<Entry[]> = fc
  .array(fc.tuple(fc.array(name, { minLength: 1, maxLength: 4 }), facts), { maxLength: 30 })
  .map((files) => {
    const entries = new Map<string, Entry>();
    for (const [names, { isCompressed, size, storedSize, ...rest }] of files) {
      const path = names.join("/");
      const sizes = isCompressed ? { size, storedSize } : { size: storedSize, storedSize };
      const isTaken = Array.from(entries.keys()).some(
        (other) => other === path || other.startsWith(`${path}/`) || path.startsWith(`${other}/`),
      );
      if (!isTaken)
        entries.set(path, { path, compression: isCompressed ? "zstd" : "none", ...sizes, ...rest });
    }
    return Array.from(entries.values()).toSorted((a, b) => comparePaths(a.path, b.path));
  });

describe("what is written can be read", () => {
  test("any tree comes back as it was", () => {
    fc.assert(
      fc.property(tree, fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 })), (entries, dataHash) => {
        const archive = open(encodeIndex({ entries, dataSize: 2000, dataHash: dataHash ?? undefined }), 2000);
        expect(Array.from(archive.entries())).toEqual(entries);
        expect(archive.dataHash).toEqual(dataHash ?? undefined);
        for (const entry of entries) expect(archive.entry(entry.path)).toEqual(entry);
      }),
      { numRuns: 300 },
    );
  });

  test("look-ups and listings agree with a plain search through all paths", () => {
    fc.assert(
      fc.property(tree, fc.array(fc.array(name, { maxLength: 3 })), (entries, others) => {
        const archive = open(encodeIndex({ entries, dataSize: 2000 }), 2000);
        const directories = new Set(["."]);
        for (const { path } of entries) {
          const names = path.split("/");
          for (let i = 1; i < names.length; i++) directories.add(names.slice(0, i).join("/"));
        }
        const paths = [
          ...entries.map(({ path }) => path),
          ...directories,
          ...others.map((names) => names.join("/")),
        ];
        for (const path of paths) {
          const isFile = entries.some((entry) => entry.path === path);
          const isDirectory = directories.has(path === "" ? "." : path);
          expect(archive.isFile(path)).toBe(isFile);
          expect(archive.isDirectory(path)).toBe(isDirectory);
          expect(archive.exists(path)).toBe(isFile || isDirectory);
          if (isDirectory) expectListing(archive, entries, path === "" ? "." : path);
        }
      }),
      { numRuns: 200 },
    );
  });
});

function expectListing(archive: Archive, entries: readonly Entry[], directory: string): void {
  const prefix = directory === "." ? "" : `${directory}/`;
  const below = entries.filter(({ path }) => path.startsWith(prefix));
  const names = new Set(below.map(({ path }) => path.slice(prefix.length).split("/")[0] ?? ""));
  const listed = archive.readDirectory(directory);
  expect(listed.map((entry) => entry.name)).toEqual(Array.from(names).toSorted(comparePaths));
  for (const entry of listed) {
    expect(entry.path).toBe(prefix + entry.name);
    expect(entry.kind).toBe(archive.isFile(entry.path) ? "file" : "directory");
  }
  expect(Array.from(archive.entries(directory))).toEqual(below);
  expect(archive.directoryStats(directory)).toEqual({
    files: below.length,
    size: below.reduce((sum, { size }) => sum + size, 0),
    storedSize: below.reduce((sum, { storedSize }) => sum + storedSize, 0),
  });
}

/** Uses everything that an open archive offers: nothing of it may throw. */
function exercise(archive: Archive): void {
  const stack = ["."];
  let files = 0;
  for (let directory = stack.pop(); directory !== undefined; directory = stack.pop()) {
    expect(archive.isDirectory(directory)).toBe(true);
    for (const listed of archive.readDirectory(directory)) {
      if (listed.kind === "directory") stack.push(listed.path);
      else {
        files++;
        expect(archive.entry(listed.path)).toEqual(listed.entry);
      }
    }
  }
  // What a listing shows and what can be looked up is the same set of files.
  expect(files).toBe(archive.entryCount);
  let previous: string | undefined;
  for (const entry of archive.entries()) {
    if (previous !== undefined) expect(comparePaths(previous, entry.path)).toBeLessThan(0);
    previous = entry.path;
    expect(entry.hash).toHaveLength(32);
    expect(entry.dataOffset + entry.storedSize).toBeLessThanOrEqual(archive.dataSize);
    expect(Number.isSafeInteger(entry.size)).toBe(true);
    const chunks = archive.chunks(entry.path);
    if (chunks !== undefined) expectPartition(chunks, entry);
  }
  expect(archive.directoryStats().files).toBe(archive.entryCount);
}

describe("an index that was tampered with opens or is refused, and then keeps its promises", () => {
  const golden = goldenArchives.filter(({ index }) => index.length < 4000);
  const change = fc.oneof(
    fc.record({ kind: fc.constant("byte" as const), at: fc.nat(4000), value: fc.nat(255) }),
    // Offsets, lengths and counts are 16 and 32 bits: small and huge ones find more than random bytes.
    fc.record({
      kind: fc.constant("word" as const),
      at: fc.nat(1000).map((word) => 4 * word),
      value: fc.oneof(fc.nat(64), fc.constantFrom(0x7fff_ffff, 0x8000_0000, 0xffff_ffff), fc.nat(4000)),
    }),
    fc.record({ kind: fc.constant("copy" as const), at: fc.nat(4000), value: fc.nat(4000) }),
    fc.record({ kind: fc.constant("cut" as const), at: fc.nat(4000), value: fc.constant(0) }),
    fc.record({ kind: fc.constant("extend" as const), at: fc.nat(200), value: fc.nat(255) }),
  );

  test(`${cases} times`, () => {
    let opened = 0;
    fc.assert(
      fc.property(
        fc.nat(golden.length - 1),
        fc.array(change, { minLength: 1, maxLength: 5 }),
        (which, changes) => {
          const original = golden[which];
          if (original === undefined) return;
          const index = changes.reduce(
            (bytes: Uint8Array, { kind, at, value }) => tampered(bytes, kind, at, value),
            original.index,
          );
          let archive: Archive;
          try {
            archive = open(index, original.dataSize);
          } catch (error) {
            expect(error).toMatchObject({
              name: "FormatError",
              code: expect.stringMatching(/^(InvalidIndex|Unsupported|SourceMismatch)$/),
            });
            return;
          }
          opened++;
          exercise(archive);
        },
      ),
      { numRuns: cases },
    );
    // Otherwise the second half of the promise was not looked at.
    expect(opened).toBeGreaterThan(cases / 50);
  });

  test("random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (index) => {
        try {
          exercise(open(index, 0));
        } catch (error) {
          expect(error).toMatchObject({ name: "FormatError" });
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function tampered(index: Uint8Array, kind: string, at: number, value: number): Uint8Array {
  const position = index.length === 0 ? 0 : at % index.length;
  if (kind === "cut") return index.slice(0, position);
  const copy = new Uint8Array(kind === "extend" ? index.length + at : index.length);
  copy.set(index);
  if (kind === "extend") copy.fill(value, index.length);
  if (kind === "byte") copy[position] = value;
  if (kind === "copy" && index.length > 0)
    copy.copyWithin(position, value % index.length, (value % index.length) + 16);
  if (kind === "word" && position + 4 <= copy.length)
    new DataView(copy.buffer).setUint32(position, value, true);
  return copy;
}
