import fc from "fast-check";
import { Builder } from "flatbuffers";
import { expect, test } from "vitest";

import { columnsOf } from "./index-columns.js";
import type { Entry } from "../entry.js";
import { entrySlots, indexSlots } from "./index-schema.js";
import { writeIndex } from "./index-writer.js";

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

/** The calls are those of the Go implementation, in their order. */
function built(entries: readonly Entry[], dataSize: number, dataHash: Uint8Array | undefined): Uint8Array {
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
  builder.startVector(4, entries.length, 4);
  for (const place of lastFirst) builder.addOffset(place);
  const list = builder.endVector();
  const hash = dataHash === undefined ? 0 : builder.createByteVector(dataHash);
  builder.startObject(5);
  builder.addFieldOffset(indexSlots.entries, list, 0);
  builder.addFieldInt64(indexSlots.dataSize, BigInt(dataSize), 0n);
  builder.addFieldOffset(indexSlots.dataHash, hash, 0);
  builder.finish(builder.endObject());
  return builder.asUint8Array();
}
