import fc from "fast-check";
import { expect, test } from "vitest";
import { createColumns } from "./entry-columns.js";
import { PathCheck } from "./path-check.js";
import { isValidPath } from "../paths/path.js";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What the rules of paths say of these bytes, by themselves. */
function isPath(bytes: Uint8Array): boolean {
  try {
    return isValidPath(utf8.decode(bytes));
  } catch {
    return false;
  }
}

/** What is said of these paths, one behind the other; undefined when they are refused. */
function ascends(paths: readonly Uint8Array[], offset: number, gap: number): boolean | undefined {
  const room = new Uint8Array(offset + 2000);
  const bytes = room.subarray(offset);
  const columns = createColumns(paths.length);
  let at = 4;
  for (const [i, path] of paths.entries()) {
    bytes.set(path, at);
    columns.pathStart[i] = at;
    columns.pathLength[i] = path.length;
    at += path.length + gap;
    // As in most indexes, unless the gap says something else.
    if (gap === 0) at += 4 - (at % 4);
  }
  const check = new PathCheck(bytes);
  try {
    check.check(columns, 0, 1);
    check.check(columns, 1, paths.length);
    return check.ascends;
  } catch {
    return undefined;
  }
}

/** Paths that have a lot in common: a beginning, and one of a few endings. */
const pieces = fc.constantFrom("/", ".", "..", "a", "b/", "/.", "é", "😀", "\0", "abc", "abcd/", "x.y");
const texts = fc.array(pieces, { minLength: 1, maxLength: 8 }).map((some) => Buffer.from(some.join("")));
const cut = fc.tuple(texts, fc.nat(40)).map(([text, at]) => text.subarray(0, 1 + at));
const changed = fc.tuple(texts, fc.nat(40), fc.nat(255)).map(([text, at, byte]) => {
  const copy = Buffer.from(text);
  if (at < copy.length) copy[at] = byte;
  return copy;
});
const anyBytes = fc.oneof(texts, cut, changed);

/** A path, and one that begins as it does. */
const neighbours = fc.tuple(anyBytes, fc.nat(30), anyBytes).map(([first, at, rest]) => {
  return [first, Buffer.concat([first.subarray(0, at), rest])] as const;
});

test("a path that is checked behind another one is judged as it is alone, wherever both lie", () => {
  fc.assert(
    fc.property(neighbours, fc.nat(3), fc.nat(3), ([first, second], offset, gap) => {
      const verdict = ascends([first, second], offset, gap);
      if (!isPath(first) || !isPath(second)) {
        expect(verdict).toBeUndefined();
        return;
      }
      const order = Buffer.compare(first, second);
      const isBelow = second.subarray(0, first.length + 1).equals(Buffer.concat([first, Buffer.from("/")]));
      expect(verdict).toBe(order === 0 || isBelow ? undefined : order < 0);
    }),
    { numRuns: Number(process.env["BLOB_FUZZ_CASES"] ?? 5000) },
  );
});

test("a file that others come between is still found to be a directory", () => {
  const some = ["a", "a-b", "a.b/c", "a/x"].map((path) => Buffer.from(path));
  expect(ascends(some, 0, 0)).toBeUndefined();
  expect(ascends(some.slice(1), 0, 0)).toBe(true);
});
