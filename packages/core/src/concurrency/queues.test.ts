import { expect, test } from "vitest";
import { createQueues } from "./queues.js";

test("work of one name is done in turn, also after a failure; other names do not wait", async () => {
  const queues = createQueues();
  const done: string[] = [];
  let release = (): void => undefined;
  const first = queues.enter("a", async () => {
    await new Promise<void>((resolve) => (release = resolve));
    done.push("a1");
    throw new Error("no luck");
  });
  const failed = expect(first).rejects.toThrow("no luck");
  const second = queues.enter("a", async () => done.push("a2"));
  await queues.enter("b", async () => done.push("b"));
  expect(done).toEqual(["b"]);
  release();
  await failed;
  await second;
  expect(done).toEqual(["b", "a1", "a2"]);
});
