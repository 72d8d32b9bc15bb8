import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";

import { ContentRows } from "./content-rows.js";

const hashOf = (content: number): Buffer => createHash("sha256").update(String(content)).digest();

function firstRows(contents: readonly number[], compress: readonly boolean[]): number[] {
  const rows = new ContentRows({ compress: Uint8Array.from(compress, Number) });
  return contents.map((content, row) => {
    rows.setHashes(row, hashOf(content));
    return rows.firstOf(row);
  });
}

test("finds the first row with equal content that is stored in the same way", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.boolean()), { maxLength: 60 }), (files) => {
      const firsts = firstRows(
        files.map(([content]) => content),
        files.map(([, compress]) => compress),
      );
      const expected = files.map(([content, compress]) =>
        files.findIndex((file) => file[0] === content && file[1] === compress),
      );
      expect(firsts).toEqual(expected);
    }),
  );
});

test("goes on when there are more rows than it had room for", () => {
  const count = 70_000;
  const contents = Array.from({ length: count }, (_, row) => (row < count / 2 ? row : row - count / 2));
  const firsts = firstRows(
    contents,
    contents.map(() => true),
  );
  expect(firsts).toEqual(contents);
});

test("hashes whose beginnings are equal are told apart", () => {
  const rows = new ContentRows({ compress: Uint8Array.of(1, 1, 1) });
  const hash = Buffer.alloc(3 * 32);
  hash[63] = 1;
  rows.setHashes(0, hash);
  expect([rows.firstOf(0), rows.firstOf(1), rows.firstOf(2)]).toEqual([0, 1, 0]);
});
