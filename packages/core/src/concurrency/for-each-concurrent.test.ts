import { getEventListeners } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { forEachConcurrent } from "./for-each-concurrent.js";

test("each item once, never more than so many at a time, in whatever order they end", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.nat(20),
      fc.integer({ min: 1, max: 5 }),
      async (scheduler, count, width) => {
        const done: number[] = [];
        let [running, most] = [0, 0];
        const items = Array.from({ length: count }, (_, at) => at);
        const all = forEachConcurrent(items, width, undefined, async (item) => {
          most = Math.max(most, ++running);
          await scheduler.schedule(Promise.resolve());
          running -= 1;
          done.push(item);
        });
        await scheduler.waitFor(all);
        expect(done.toSorted((a, b) => a - b)).toEqual(items);
        expect(most).toBe(Math.min(count, width));
      },
    ),
  );
});

test("a width that makes no sense is one", async () => {
  const done: number[] = [];
  await forEachConcurrent([1, 2], Number.NaN, undefined, async (item) => void done.push(item));
  await forEachConcurrent([3, 4], -1, undefined, async (item) => void done.push(item));
  await forEachConcurrent([5, 6], Infinity, undefined, async (item) => void done.push(item));
  expect(done).toEqual([1, 2, 3, 4, 5, 6]);
});

test("the first failure stops the others, and is thrown when they have stopped; nothing new is begun", async () => {
  const ended: unknown[] = [];
  const begun: number[] = [];
  const failure = new Error("the first one");
  const working = forEachConcurrent([1, 2, 3, 4], 2, undefined, async (item, signal) => {
    begun.push(item);
    if (item === 1) throw failure;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await wait(20);
    ended.push(signal.reason);
    throw new Error("a later one");
  });
  await expect(working).rejects.toBe(failure);
  expect([begun, ended]).toEqual([[1, 2], [failure]]);
});

test("the caller's reason is thrown, whatever broke because of it, and whoever did not look at the signal", async () => {
  const controller = new AbortController();
  const begun: number[] = [];
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    controller.abort(new Error("enough"));
    if (item === 1) throw new Error("socket closed");
  };
  await expect(forEachConcurrent([1, 2], 1, controller.signal, work)).rejects.toThrow("enough");
  expect(begun).toEqual([1]);
  await expect(forEachConcurrent([3], 1, controller.signal, work)).rejects.toThrow("enough");
  expect(begun).toEqual([1]);
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
});
