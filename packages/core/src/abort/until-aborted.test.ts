import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { untilAborted } from "./until-aborted.js";

const never = (): Promise<never> => new Promise(() => undefined);

test("what it comes to, when no signal comes first", async () => {
  const { signal } = new AbortController();
  expect(await untilAborted(Promise.resolve(1), undefined)).toBe(1);
  expect(await untilAborted(Promise.resolve(1), signal)).toBe(1);
  await expect(untilAborted(Promise.reject(new Error("no luck")), signal)).rejects.toThrow("no luck");
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("the signal's reason, when that comes first", async () => {
  const controller = new AbortController();
  const waiting = untilAborted(never(), controller.signal);
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});

test("of a signal that has aborted nothing is waited for, not even what is there", async () => {
  const signal = AbortSignal.abort(new Error("too late"));
  await expect(untilAborted(Promise.resolve(1), signal)).rejects.toThrow("too late");
  await expect(untilAborted(never(), signal)).rejects.toThrow("too late");
});

test("work that breaks because of the signal, or afterwards, breaks with its reason", async () => {
  const controller = new AbortController();
  const work = new Promise<void>((_resolve, reject) => {
    controller.signal.addEventListener("abort", () => reject(new Error("socket closed")));
  });
  const waiting = untilAborted(work, controller.signal);
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});
