import { expect, test } from "vitest";
import { describeCacheStore } from "./cache-store.contract.js";
import { createMemoryStore } from "./index.js";

describeCacheStore("memory", () => Promise.resolve(createMemoryStore({ maxBytes: 1024 * 1024 })));

async function keys(store: ReturnType<typeof createMemoryStore>): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.entries()) found.push(key);
  return found.toSorted();
}

test("forgets the least recently used when the limit is reached", async () => {
  const store = createMemoryStore({ maxBytes: 30 });
  for (const key of ["a", "b", "c"]) await store.put(key, [new Uint8Array(10)]);
  await store.open("a");
  await store.put("d", [new Uint8Array(10)]);
  expect(await keys(store)).toEqual(["a", "c", "d"]);
});

test("does not keep, or hold, a body larger than the limit, and forgets what it would replace", async () => {
  const store = createMemoryStore({ maxBytes: 30 });
  await store.put("key", [new Uint8Array(10)]);
  let pulled = 0;
  const endless = function* (): Generator<Uint8Array> {
    for (; pulled < 1000; pulled++) yield new Uint8Array(10);
  };
  await store.put("key", endless());
  expect(pulled).toBeLessThan(5);
  expect(await keys(store)).toEqual([]);
});

test("says when an entry was last used", async () => {
  let now = 1000;
  const store = createMemoryStore({ now: () => now });
  await store.put("key", [new Uint8Array(1)]);
  now = 2000;
  await store.open("key");
  for await (const entry of store.entries()) expect(entry).toEqual({ key: "key", size: 1, usedAt: 2000 });
});
