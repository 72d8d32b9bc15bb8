import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";

import type { Archive, ContentRange } from "./archive.js";
import type { Entry } from "./entry.js";
import { formatErrorCodes, isFormatError } from "./errors.js";
import { createNodeZstd, nodeSha256 } from "./node/index.js";
import { openArchive } from "./reading/archive-reader.js";
import { bufferSource } from "./sources/buffer-source.js";
import { chunkedArchive } from "./testing/chunked-archive.js";
import { records } from "./testing/chunked-goldens.js";
import { collectBytes } from "./testing/collect.js";
import { expectPartition } from "./testing/expect-partition.js";
import type { RawChunkedFile, RawEntry } from "./testing/raw-index.js";
import { rawIndex } from "./testing/raw-index.js";
import type { RawParts } from "./testing/raw-parts.js";
import { rawParts } from "./testing/raw-parts.js";
import { noise } from "./testing/sample-content.js";
import type { ZstdDecoder } from "./zstd/codec.js";
import { portableZstdDecoder } from "./zstd/portable/portable.js";

/** Raise it for a longer search; fast-check prints the seed of what fails. */
const cases = Number(process.env["BLOB_FUZZ_CASES"] ?? 400);
/** Far more than any machine needs. */
const timeout = 60_000 + 100 * cases;

interface Sample {
  readonly index: Uint8Array;
  readonly data: Uint8Array;
  readonly parts: RawParts;
}

const samples: Sample[] = [];
/** Of all samples, by their hashes in hex: files and chunks. */
const known = new Map<string, Uint8Array>();
let decoder: ZstdDecoder;

/** Two archives of the same paths and sizes, with other content. */
beforeAll(async () => {
  ({ decoder } = await createNodeZstd());
  for (const seed of ["one", "two"]) {
    const text = records(200, seed).subarray(0, 9000);
    const packed = records(200, `${seed} more`).subarray(0, 9000);
    const archive = await chunkedArchive([
      { path: "a", content: text, cuts: 4096, compression: "zstd" },
      { path: "b/c", content: packed, cuts: [4100, 4096, 804], compression: "zstd" },
      { path: "b/same", content: text },
      { path: "d", content: noise(9000, seed), cuts: 4096 },
      { path: "e", content: noise(9000, `${seed} more`), cuts: [4096, 4904] },
      { path: "f", content: packed.subarray(1), compression: "zstd" },
      { path: "g", content: noise(100, seed) },
    ]);
    const opened = archive.open();
    for (const { path, hash } of opened.entries()) {
      const content = await opened.readFile(path);
      known.set(hex(hash), content);
      for (const chunk of opened.chunks(path) ?? [])
        known.set(hex(chunk.hash), content.subarray(chunk.offset, chunk.offset + chunk.size));
    }
    samples.push({ index: archive.index, data: archive.data, parts: rawParts(opened) });
  }
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

type Part = RawParts["chunkedFiles"][number];

/** Changes of what is said of one file; `at` and `by` are any numbers. */
const partChanges: Record<string, (part: Part, at: number, by: number, parts: RawParts) => RawChunkedFile> = {
  entry: (part, _, by) => ({ ...part, entry: by % 9 }),
  chunkSize: (part, _, by) => ({ ...part, chunkSize: by }),
  "a larger chunk size": (part, _, by) => ({ ...part, chunkSize: 4096 + (by % 8192) }),
  "fewer hashes": (part, at) => ({ ...part, hashes: part.hashes.subarray(0, at % part.hashes.length) }),
  "a hash more": (part) => ({ ...part, hashes: Buffer.concat([part.hashes, part.hashes.subarray(0, 32)]) }),
  "a bit of a hash": (part, at, by) => ({ ...part, hashes: flipped(part.hashes, at, by) }),
  "hashes in another order": (part) => ({
    ...part,
    hashes: Buffer.concat([part.hashes.subarray(32), part.hashes.subarray(0, 32)]),
  }),
  "another one's hashes": (part, at, _, parts) => ({ ...part, hashes: otherOf(parts, at).hashes }),
  "another one's stored sizes": (part, at, _, parts) => ({
    ...part,
    storedSizes: otherOf(parts, at).storedSizes,
  }),
  "another one's sizes": (part, at, _, parts) => {
    const { sizes, sizesHash } = otherOf(parts, at);
    return { ...part, sizes, sizesHash };
  },
  "all of another one": (part, at, _, parts) => ({ ...otherOf(parts, at), entry: part.entry }),
  "no stored sizes": (part) => ({ ...part, storedSizes: undefined }),
  "stored sizes that move": (part, at, by) => ({ ...part, storedSizes: moved(part.storedSizes, at, by) }),
  "sizes that move": (part, at, by) => ({ ...part, sizes: moved(part.sizes, at, by) }),
  "another stored size": (part, at, by) => ({ ...part, storedSizes: replaced(part.storedSizes, at, by) }),
  "another size": (part, at, by) => ({ ...part, sizes: replaced(part.sizes, at, by) }),
  "sizes that need none": (part) => ({
    ...part,
    sizes: [4096, 4096, 808].slice(0, part.hashes.length / 32),
    sizesHash: new Uint8Array(32),
  }),
  "one chunk": (part) => ({ ...part, chunkSize: 16_384, hashes: part.hashes.subarray(0, 32) }),
};

function otherOf({ chunkedFiles }: RawParts, at: number): Part {
  const part = chunkedFiles[at % chunkedFiles.length];
  if (part === undefined) throw new Error("There are no chunks");
  return part;
}

function flipped(bytes: Uint8Array, at: number, by: number): Uint8Array {
  const copy = bytes.slice();
  if (copy.length > 0) copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ (1 << (by % 8));
  return copy;
}

function replaced(numbers: readonly number[] | undefined, at: number, by: number): number[] | undefined {
  return numbers?.map((number, i) => (i === at % numbers.length ? by : number));
}

/** The sum stays. */
function moved(numbers: readonly number[] | undefined, at: number, by: number): number[] | undefined {
  if (numbers === undefined) return undefined;
  const from = at % numbers.length;
  const to = (from + 1) % numbers.length;
  const bytes = by % (numbers[from] ?? 1);
  return numbers.map((number, i) => (i === from ? number - bytes : i === to ? number + bytes : number));
}

/** Changes of all that is said of chunks. */
const tableChanges: Record<string, (parts: RawParts, at: number, other: RawParts) => RawParts> = {
  nothing: (parts) => parts,
  "no table": (parts) => ({ ...parts, chunkedFiles: [] }),
  "a file less": (parts, at) => ({
    ...parts,
    chunkedFiles: parts.chunkedFiles.filter((_, i) => i !== at % parts.chunkedFiles.length),
  }),
  "a file twice": (parts, at) => ({ ...parts, chunkedFiles: [...parts.chunkedFiles, otherOf(parts, at)] }),
  "another order": (parts) => ({ ...parts, chunkedFiles: parts.chunkedFiles.toReversed() }),
  "the table of another archive": (parts, _, other) => ({ ...parts, chunkedFiles: other.chunkedFiles }),
  "entries in another order": (parts) => ({
    ...parts,
    entries: parts.entries.toReversed(),
    chunkedFiles: parts.chunkedFiles
      .map((part) => ({ ...part, entry: parts.entries.length - 1 - (part.entry ?? 0) }))
      .toReversed(),
  }),
  "entries in another order, and the table not": (parts) => ({
    ...parts,
    entries: parts.entries.toReversed(),
  }),
  "files in another one's place": (parts, at) => ({
    ...parts,
    entries: parts.entries.map((entry, i) => {
      const { dataOffset, dataSize } = parts.entries[(i + at) % parts.entries.length] ?? entry;
      return { ...entry, dataOffset, dataSize };
    }),
  }),
};

const number = fc.oneof(
  fc.nat(64),
  fc.nat(9000),
  fc.nat(),
  fc.constantFrom(0, 4095, 4096, 4097, 0x100_0000, 0x100_0001, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
);

function mostlyNone<T>(one: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.array(one, { minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.array(one, { minLength: 2, maxLength: 3 }) },
  );
}

const mutation = fc.record({
  which: fc.nat(1),
  // Mostly one change at a time: what is refused because of one says nothing about another one.
  table: fc.oneof(
    { weight: 3, arbitrary: fc.constant("nothing") },
    { weight: 1, arbitrary: fc.constantFrom(...Object.keys(tableChanges)) },
  ),
  partChanges: mostlyNone(
    fc.record({
      kind: fc.constantFrom(...Object.keys(partChanges)),
      which: fc.nat(9),
      at: number,
      by: number,
    }),
  ),
  /** Of the bytes of the index. */
  bytes: mostlyNone(
    fc.record({
      kind: fc.constantFrom("bit", "bit", "bit", "byte", "word", "copy", "swap", "swap", "cut"),
      at: fc.nat(4000),
      value: number,
    }),
  ),
  /** Of the data. */
  damage: fc.array(fc.record({ at: fc.nat(100_000), value: fc.nat(255) }), { maxLength: 1 }),
  otherData: fc.nat(9).map((one) => one === 0),
  isPortable: fc.boolean(),
  /** Whether chunks that were read stay in memory: then their content is that of everything with their hash. */
  keeps: fc.boolean(),
  reads: fc.array(
    fc.record({
      path: fc.nat(9),
      how: fc.constantFrom("whole", "range", "stream", "stream range"),
      from: fc.nat(9000),
      length: fc.oneof(fc.nat(20), fc.nat(9000)),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutatedIndex({ which, table, partChanges: changes, bytes }: Mutation): Uint8Array {
  const sample = sampleAt(which);
  let { index } = sample;
  if (table !== "nothing" || changes.length > 0) {
    const change = tableChanges[table];
    const parts = change?.(sample.parts, changes[0]?.at ?? 1, sampleAt(1 - which).parts) ?? sample.parts;
    const chunkedFiles: RawChunkedFile[] = parts.chunkedFiles.map((part, i) =>
      changes.reduce((changed: RawChunkedFile, { kind, which: of, at, by }) => {
        if (of % parts.chunkedFiles.length !== i) return changed;
        return (
          partChanges[kind]?.(
            { ...part, ...changed, hashes: changed.hashes ?? part.hashes },
            at,
            by,
            parts,
          ) ?? changed
        );
      }, part),
    );
    index = rawIndex({ ...parts, chunkedFiles });
  }
  return bytes.reduce(tampered, index);
}

function tampered(index: Uint8Array, { kind, at, value }: Mutation["bytes"][number]): Uint8Array {
  if (index.length < 64) return index;
  const place = at % index.length;
  if (kind === "cut") return index.slice(0, place);
  if (kind === "bit") return flipped(index, place, value);
  const copy = index.slice();
  const word = 4 * (at % ((index.length - 48) >> 2));
  const other = 4 * (value % ((index.length - 48) >> 2));
  if (kind === "byte") copy[place] = value;
  if (kind === "word") new DataView(copy.buffer).setUint32(word, value, true);
  if (kind === "copy") copy.copyWithin(word, other, other + 4 * (1 + (value % 9)));
  if (kind === "swap") {
    copy.set(index.subarray(other, other + 32), word);
    copy.set(index.subarray(word, word + 32), other);
  }
  return copy;
}

function sampleAt(which: number): Sample {
  const sample = samples[which];
  if (sample === undefined) throw new Error(`There is no sample ${which}`);
  return sample;
}

/** The data of a case, and whether it is what it should be. */
function mutatedData({ which, damage, otherData, table, partChanges: changes }: Mutation): {
  data: Uint8Array;
  isIntact: boolean;
} {
  // A table of the other archive with its data is no mutation, but a lie that nothing contradicts: see below.
  if (otherData && table !== "the table of another archive" && changes.length === 0) {
    const { data } = sampleAt(1 - which);
    const { length } = sampleAt(which).data;
    const same = new Uint8Array(length);
    same.set(data.subarray(0, length));
    return { data: same, isIntact: false };
  }
  const data = damage.reduce((bytes, { at, value }) => flipped(bytes, at, value), sampleAt(which).data);
  return { data, isIntact: damage.length === 0 };
}

describe("an archive with chunks that was tampered with", () => {
  test(
    `gives right bytes or a documented error, ${cases} times`,
    async () => {
      const seen = { refused: 0, failed: 0, wholes: 0, verifiedRanges: 0, rightRanges: 0, otherRanges: 0 };
      await fc.assert(
        fc.asyncProperty(mutation, async (one) => {
          const { data, isIntact } = mutatedData(one);
          const zstd = one.isPortable ? portableZstdDecoder : decoder;
          const archive = documented(() =>
            openArchive(mutatedIndex(one), bufferSource(data, { id: "mutated" }), {
              zstd,
              sha256: nodeSha256,
              limits: one.keeps ? {} : { maxKeptBytes: 0 },
            }),
          );
          if (archive === undefined) {
            seen.refused += 1;
            return;
          }
          const entries = Array.from(archive.entries());
          for (const entry of entries) {
            const chunks = archive.chunks(entry.path);
            if (chunks !== undefined) expectPartition(chunks, entry);
          }
          for (const { path: which, how, from, length } of one.reads) {
            const entry = entries[which % entries.length];
            if (entry === undefined) continue;
            const { path, hash, size } = entry;
            const isWhole = how === "whole" || how === "stream";
            const offset = Math.min(from, Math.max(0, size - 1));
            const range = isWhole ? undefined : { offset, length: Math.min(length, size - offset) };
            const content = await read(archive, path, how, range);
            if (content === undefined) {
              seen.failed += 1;
              continue;
            }
            if (isWhole || range?.length === size) {
              seen.wholes += 1;
              expectEqual(sha256(content), hash, path);
            } else if (range !== undefined) {
              expect(content.length).toBe(range.length);
              const chunks = archive.chunks(path);
              const original = sampleAt(one.which).parts.entries.find((other) => other.path === path);
              // Whoever changes the hash of a file says that it is another one.
              const isThisFile = original?.hash !== undefined && Buffer.compare(original.hash, hash) === 0;
              const right = isThisFile
                ? known.get(hex(hash))?.subarray(range.offset, range.offset + range.length)
                : undefined;
              const isAsItWas = isIntact && isUntouched(original, entry);
              if (chunks !== undefined && content.length > 0) {
                seen.verifiedRanges += 1;
                expectEqual(content, vouched(archive, path, range), path);
                if (right !== undefined && isUntouched(original, entry)) {
                  seen.rightRanges += 1;
                  expectEqual(content, right, path);
                }
              } else {
                seen.otherRanges += 1;
                // Nothing vouches for a range of a file without chunks: it is right when nothing about it is wrong.
                if (isAsItWas && right !== undefined) expectEqual(content, right, path);
              }
            }
          }
        }),
        { numRuns: cases },
      );
      if (cases > 1000) console.info(JSON.stringify(seen));
      // Otherwise a part of the promise was not looked at.
      for (const count of Object.values(seen)) expect(count).toBeGreaterThan(cases / 100);
    },
    timeout,
  );
});

/** Whether the index says of where a file is stored what it said before. */
function isUntouched(
  original: RawEntry | undefined,
  { dataOffset, storedSize, size, compression }: Entry,
): boolean {
  return (
    Number(original?.dataOffset) === dataOffset &&
    Number(original?.dataSize) === storedSize &&
    Number(original?.originalSize) === size &&
    (original?.compression === 1 ? "zstd" : "none") === compression
  );
}

/** What a range has, by the hashes of the chunks in it. */
function vouched(archive: Archive, path: string, { offset, length }: ContentRange): Uint8Array {
  const pieces: Uint8Array[] = [];
  let begin: number | undefined;
  for (const chunk of archive.chunks(path) ?? []) {
    if (chunk.offset + chunk.size <= offset || chunk.offset >= offset + length) continue;
    begin ??= chunk.offset;
    const content = known.get(hex(chunk.hash));
    if (content === undefined) throw new Error(`Nobody knows content with the hash of chunk ${chunk.index}`);
    pieces.push(content);
  }
  const from = offset - (begin ?? 0);
  return Buffer.concat(pieces).subarray(from, from + length);
}

async function read(
  archive: Archive,
  path: string,
  how: string,
  range: ContentRange | undefined,
): Promise<Uint8Array | undefined> {
  try {
    return await (how.startsWith("stream")
      ? collectBytes(archive.stream(path, { range }))
      : archive.readFile(path, { range }));
  } catch (error) {
    expectDocumented(error);
    return undefined;
  }
}

function documented<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    expectDocumented(error);
    return undefined;
  }
}

function expectDocumented(error: unknown): void {
  if (isFormatError(error) && formatErrorCodes.includes(error.code)) return;
  throw new Error("This is no error that is documented", { cause: error });
}

function expectEqual(actual: Uint8Array, expected: Uint8Array, path: string): void {
  if (Buffer.compare(actual, expected) !== 0) expect(hex(actual), path).toBe(hex(expected));
}

function sha256(content: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(content).digest());
}
