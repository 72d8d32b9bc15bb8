import { expect, test } from "vitest";
import { once } from "./once.js";

test("all bytes come in one piece, and once", async () => {
  const body = once(Uint8Array.of(1, 2, 3));
  expect(await body.next()).toEqual({ done: false, value: Uint8Array.of(1, 2, 3) });
  expect(await body.next()).toEqual({ done: true, value: undefined });
  expect(await body.next()).toEqual({ done: true, value: undefined });
});
