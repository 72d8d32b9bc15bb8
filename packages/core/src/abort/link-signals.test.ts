import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { linkSignals } from "./link-signals.js";

test("it aborts with the first of the others, and with its reason", () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const link = linkSignals(first.signal, undefined, second.signal);
  expect(link.signal.aborted).toBe(false);
  second.abort("two");
  first.abort("one");
  expect(link.signal.reason).toBe("two");
  expect(linkSignals(first.signal).signal.reason).toBe("one");
});

test("by itself it leaves the others alone", () => {
  const other = new AbortController();
  const link = linkSignals(other.signal);
  link.abort("enough");
  expect([link.signal.reason, other.signal.aborted]).toEqual(["enough", false]);
});

test("released, it follows nobody, and nothing is left behind", () => {
  const other = new AbortController();
  const links = Array.from({ length: 100 }, () => linkSignals(other.signal));
  expect(getEventListeners(other.signal, "abort")).toHaveLength(1);
  for (const link of [...links, ...links]) link.release();
  expect(getEventListeners(other.signal, "abort")).toHaveLength(0);
  other.abort();
  expect(links.some(({ signal }) => signal.aborted)).toBe(false);
});
