import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { onAbort } from "./on-abort.js";

test("all who wait are called, those who stopped are not, and a signal never has more than one listener", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const told: number[] = [];
  const stops = Array.from({ length: 100 }, (_, at) => onAbort(signal, () => void told.push(at)));
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  for (const stop of stops.slice(2)) stop();
  stops[2]?.();
  controller.abort();
  expect(told).toEqual([0, 1]);
});

test("when nobody waits any more, nothing is left at the signal, and one may wait again", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const told: string[] = [];
  const both = [1, 2].map(() => onAbort(signal, () => void told.push("left")));
  for (const stop of [...both, ...both]) stop();
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
  const same = (): void => void told.push("came back");
  onAbort(signal, same);
  onAbort(signal, same);
  both[0]?.();
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  controller.abort();
  expect(told).toEqual(["came back", "came back"]);
});

test("of a signal that has aborted one is told at once", () => {
  const told: string[] = [];
  onAbort(AbortSignal.abort(), () => void told.push("now"))();
  expect(told).toEqual(["now"]);
});
