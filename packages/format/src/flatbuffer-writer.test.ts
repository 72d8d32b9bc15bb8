import fc from "fast-check";
import { Builder } from "flatbuffers";
import { expect, test } from "vitest";

import { createFlatBufferWriter } from "./flatbuffer-writer.js";

const table = fc.record({
  text: fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.replaceAll(/\p{Cs}/gu, "?")),
  bytes: fc.uint8Array({ maxLength: 9 }),
  small: fc.integer({ min: -2, max: 2 }),
  word: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff_ffff })),
  long: fc.oneof(fc.constant(0), fc.maxSafeNat()),
  time: fc.oneof(fc.constant(0n), fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })),
  hasText: fc.boolean(),
});

type Table = typeof table extends fc.Arbitrary<infer T> ? T : never;

test("the bytes are those of the official builder, whatever the tables have", () => {
  fc.assert(
    fc.property(fc.array(table, { maxLength: 20 }), fc.nat(4096), (tables, expectedBytes) => {
      expect(Buffer.from(written(tables, expectedBytes))).toEqual(Buffer.from(built(tables)));
    }),
    { numRuns: 1000 },
  );
});

function written(tables: readonly Table[], expectedBytes: number): Uint8Array {
  const writer = createFlatBufferWriter(expectedBytes);
  const places = tables.map(({ text, bytes, small, word, long, time, hasText }) => {
    const textPlace = writer.string(text);
    const bytesPlace = writer.bytes(bytes);
    writer.startTable();
    if (hasText) writer.reference(0, textPlace);
    writer.uint64(1, long);
    writer.int8(2, small);
    writer.uint32(3, word);
    writer.reference(4, bytesPlace);
    writer.int64(5, time);
    writer.int8(6, small);
    return writer.endTable();
  });
  const list = writer.references(places);
  writer.startTable();
  writer.reference(2, list);
  return writer.finish(writer.endTable());
}

function built(tables: readonly Table[]): Uint8Array {
  const builder = new Builder(64);
  const offsets = tables.map(({ text, bytes, small, word, long, time, hasText }) => {
    const textOffset = builder.createString(text);
    const bytesOffset = builder.createByteVector(bytes);
    builder.startObject(7);
    if (hasText) builder.addFieldOffset(0, textOffset, 0);
    builder.addFieldInt64(1, BigInt(long), 0n);
    builder.addFieldInt8(2, small, 0);
    builder.addFieldInt32(3, word | 0, 0);
    builder.addFieldOffset(4, bytesOffset, 0);
    builder.addFieldInt64(5, time, 0n);
    builder.addFieldInt8(6, small, 0);
    return builder.endObject();
  });
  builder.startVector(4, offsets.length, 4);
  for (const offset of offsets) builder.addOffset(offset);
  const list = builder.endVector();
  builder.startObject(3);
  builder.addFieldOffset(2, list, 0);
  builder.finish(builder.endObject());
  return builder.asUint8Array();
}
