import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { inOrder } from "./in-order.js";

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe("inOrder", () => {
  test("gives results in the order of the tasks, whatever order they end in, and never runs too many", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.nat(20),
        fc.integer({ min: 1, max: 5 }),
        async (scheduler, count, width) => {
          let running = 0;
          let most = 0;
          const tasks = Array.from({ length: count }, (_, index) => async () => {
            most = Math.max(most, ++running);
            await scheduler.schedule(Promise.resolve());
            running--;
            return index;
          });
          const results = collect(inOrder(from(tasks), width));
          await scheduler.waitFor(results);
          expect(await results).toEqual(tasks.map((_, index) => index));
          expect(most).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  test("throws the failure in its turn, after waiting for what is still running", async () => {
    let ended = false;
    const slow = async (): Promise<string> => {
      await new Promise((resolve) => setImmediate(resolve));
      ended = true;
      return "slow";
    };
    const results = inOrder(from([async () => "first", () => Promise.reject(new Error("second")), slow]), 3);
    expect(await results.next()).toEqual({ done: false, value: "first" });
    await expect(results.next()).rejects.toThrow("second");
    expect(ended).toBe(true);
  });

  test("leaving early ends the source of the tasks", async () => {
    let closed = false;
    async function* source(): AsyncGenerator<() => Promise<number>> {
      try {
        for (let index = 0; ; index++) yield () => Promise.resolve(index);
      } finally {
        closed = true;
      }
    }
    for await (const value of inOrder(source(), 2)) if (value === 3) break;
    expect(closed).toBe(true);
  });
});
