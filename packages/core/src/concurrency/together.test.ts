import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { together } from "./together.js";

test("all results, in their order", async () => {
  const results = await together(undefined, () => [wait(10, "slow"), Promise.resolve(1)]);
  expect(results).toEqual(["slow", 1]);
});

test("a failure stops the others, and is thrown when they have ended", async () => {
  const ended: unknown[] = [];
  const untilStopped = async (signal: AbortSignal): Promise<void> => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    // What it has to clean up takes a while.
    await wait(50);
    ended.push(signal.reason);
    throw new Error("a later one");
  };
  const failure = new Error("the first one");
  const working = together(undefined, (signal) => [
    untilStopped(signal),
    wait(10).then(() => Promise.reject(failure)),
    untilStopped(signal),
  ]);
  await expect(working).rejects.toBe(failure);
  expect(ended).toEqual([failure, failure]);
});

test("the caller's signal stops all with its reason", async () => {
  const reason = new Error("enough");
  const working = together(AbortSignal.abort(reason), (signal) => [
    wait(1000, undefined, { signal }).catch(() => signal.throwIfAborted()),
  ]);
  await expect(working).rejects.toBe(reason);
});
