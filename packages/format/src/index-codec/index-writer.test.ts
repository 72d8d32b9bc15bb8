import fc from "fast-check";
import { Builder } from "flatbuffers";
import { expect, test } from "vitest";

import { columnsOf } from "./index-columns.js";
import type { Entry } from "../entry.js";
import type { FileCuts } from "./file-cuts.js";
import { chunkedFileSlots, entrySlots, indexSlots } from "./index-schema.js";
import { writeIndex } from "./index-writer.js";
import { rawSizesHash } from "../testing/raw-index.js";

const size = fc.oneof(fc.constant(0), fc.nat(), fc.maxSafeNat());
const word = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff_ffff }));
const entry: fc.Arbitrary<Entry> = fc.record({
  path: fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.replaceAll(/\p{Cs}/gu, "?")),
  ),
  size,
  hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  mode: word,
  uid: word,
  gid: word,
  mtimeNs: fc.oneof(fc.constant(0n), fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })),
  compression: fc.constantFrom("none", "zstd"),
  dataOffset: size,
  storedSize: size,
});

test("the bytes are those of the official builder, whatever the entries have", () => {
  const dataHash = fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 20 }), size, dataHash, (entries, dataSize, hash) => {
      const written = writeIndex(columnsOf(entries), dataSize, hash);
      expect(Buffer.from(written)).toEqual(Buffer.from(built(entries, dataSize, hash)));
    }),
    { numRuns: 1000 },
  );
});

test("so they are when the index says how files are cut", () => {
  const count = fc.nat(5);
  const cuts = fc
    .record({
      row: word,
      chunkSize: fc.integer({ min: 1, max: 0xffff_ffff }),
      count,
      isCompressed: fc.boolean(),
      isContentDefined: fc.boolean(),
      seed: fc.nat(255),
    })
    .map(({ row, chunkSize, count: chunks, isCompressed, isContentDefined, seed }): FileCuts => {
      const numbers = new Uint32Array(chunks).map((_, i) => seed * 0x101_0101 + i);
      return {
        row,
        chunkSize,
        hashes: new Uint8Array(32 * chunks).map((_, i) => seed + i),
        storedSizes: isCompressed ? numbers : undefined,
        sizes: isContentDefined ? numbers : undefined,
      };
    });
  const list = fc.array(cuts, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 5 }), size, list, (entries, dataSize, cutFiles) => {
      const written = writeIndex(columnsOf(entries, cutFiles), dataSize, undefined);
      expect(Buffer.from(written)).toEqual(Buffer.from(built(entries, dataSize, undefined, cutFiles)));
    }),
    { numRuns: 300 },
  );
});

/** The calls are those of the Go implementation, in their order. */
function built(
  entries: readonly Entry[],
  dataSize: number,
  dataHash: Uint8Array | undefined,
  cuts: readonly FileCuts[] = [],
): Uint8Array {
  const builder = new Builder(64);
  const lastFirst = entries.toReversed().map((one) => {
    const path = builder.createString(one.path);
    const hash = builder.createByteVector(one.hash);
    builder.startObject(10);
    builder.addFieldOffset(entrySlots.path, path, 0);
    builder.addFieldInt64(entrySlots.dataOffset, BigInt(one.dataOffset), 0n);
    builder.addFieldInt64(entrySlots.dataSize, BigInt(one.storedSize), 0n);
    builder.addFieldInt64(entrySlots.originalSize, BigInt(one.size), 0n);
    builder.addFieldOffset(entrySlots.hash, hash, 0);
    builder.addFieldInt32(entrySlots.mode, one.mode | 0, 0);
    builder.addFieldInt32(entrySlots.uid, one.uid | 0, 0);
    builder.addFieldInt32(entrySlots.gid, one.gid | 0, 0);
    builder.addFieldInt64(entrySlots.mtimeNs, one.mtimeNs, 0n);
    builder.addFieldInt8(entrySlots.compression, one.compression === "zstd" ? 1 : 0, 0);
    return builder.endObject();
  });
  const cutsLastFirst = cuts
    .toReversed()
    .map((one) => buildCuts(builder, entries[one.row]?.hash ?? new Uint8Array(), one));
  let cutsList = 0;
  if (cuts.length > 0) {
    builder.startVector(4, cuts.length, 4);
    for (const place of cutsLastFirst) builder.addOffset(place);
    cutsList = builder.endVector();
  }
  builder.startVector(4, entries.length, 4);
  for (const place of lastFirst) builder.addOffset(place);
  const list = builder.endVector();
  const hash = dataHash === undefined ? 0 : builder.createByteVector(dataHash);
  builder.startObject(indexSlots.chunkedFiles + 1);
  builder.addFieldOffset(indexSlots.entries, list, 0);
  builder.addFieldInt64(indexSlots.dataSize, BigInt(dataSize), 0n);
  builder.addFieldOffset(indexSlots.dataHash, hash, 0);
  builder.addFieldOffset(indexSlots.chunkedFiles, cutsList, 0);
  builder.finish(builder.endObject());
  return builder.asUint8Array();
}

function buildCuts(
  builder: Builder,
  fileHash: Uint8Array,
  { row, chunkSize, hashes, storedSizes, sizes }: FileCuts,
): number {
  const sizesPlace = sizes === undefined ? 0 : buildUint32s(builder, sizes);
  const sizesHash = sizes === undefined ? 0 : builder.createByteVector(rawSizesHash(fileHash, [...sizes]));
  const storedSizesPlace = storedSizes === undefined ? 0 : buildUint32s(builder, storedSizes);
  const hashesPlace = builder.createByteVector(hashes);
  builder.startObject(6);
  builder.addFieldInt32(chunkedFileSlots.entry, row | 0, 0);
  builder.addFieldInt32(chunkedFileSlots.chunkSize, chunkSize | 0, 0);
  builder.addFieldOffset(chunkedFileSlots.hashes, hashesPlace, 0);
  builder.addFieldOffset(chunkedFileSlots.storedSizes, storedSizesPlace, 0);
  builder.addFieldOffset(chunkedFileSlots.sizes, sizesPlace, 0);
  builder.addFieldOffset(chunkedFileSlots.sizesHash, sizesHash, 0);
  return builder.endObject();
}

function buildUint32s(builder: Builder, numbers: Uint32Array): number {
  builder.startVector(4, numbers.length, 4);
  for (const number of numbers.toReversed()) builder.addInt32(number | 0);
  return builder.endVector();
}
