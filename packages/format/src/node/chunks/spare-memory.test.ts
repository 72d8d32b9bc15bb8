import { expect, test } from "vitest";

import { createSpareMemory } from "./spare-memory.js";

test("memory that was given back is used again, as long as it is large enough", () => {
  const spare = createSpareMemory(2);
  const first = spare.take(1_500_000);
  const second = spare.take(10);
  expect([first.length, second.length]).toEqual([1_500_000, 10]);
  expect(second.buffer).not.toBe(first.buffer);
  spare.giveBack(first.buffer);
  spare.giveBack(second.buffer);
  const again = spare.take(2_000_000);
  expect(again.buffer).toBe(first.buffer);
  expect(again.length).toBe(2_000_000);
  // What is too small makes room for what is not.
  expect(spare.take(3_000_000).buffer).not.toBe(second.buffer);
  expect(spare.take(10).buffer).not.toBe(second.buffer);
});

test("no more is kept than was said, and nothing that was given to another thread", () => {
  const spare = createSpareMemory(1);
  const [first, second] = [spare.take(1), spare.take(1)];
  structuredClone(0, { transfer: [first.buffer] });
  spare.giveBack(first.buffer);
  expect(spare.take(1).buffer).not.toBe(first.buffer);
  const third = spare.take(1);
  spare.giveBack(second.buffer);
  spare.giveBack(third.buffer);
  expect(spare.take(1).buffer).toBe(second.buffer);
  expect(spare.take(1).buffer).not.toBe(third.buffer);
});
