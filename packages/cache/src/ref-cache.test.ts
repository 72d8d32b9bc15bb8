import { expect, test } from "vitest";
import type { CacheStore } from "./index.js";
import { createMemoryStore, createRecordCache, createRefCache } from "./index.js";

const digest = `sha256:${"ab".repeat(32)}`;
const other = `sha256:${"cd".repeat(32)}`;
const reference = "registry.example/team/site:v1";

test("a reference is fresh for its time, and known to be stale afterwards", async () => {
  let now = 1_000_000;
  const cache = createRefCache(createMemoryStore(), { ttlMs: 1000, now: () => now });
  expect(await cache.get(reference)).toBeUndefined();
  await cache.put(reference, digest);
  expect(await cache.get(reference)).toEqual({ digest, fresh: true, storedAt: 1_000_000 });
  now += 999;
  expect((await cache.get(reference))?.fresh).toBe(true);
  now += 1;
  expect(await cache.get(reference)).toEqual({ digest, fresh: false, storedAt: 1_000_000 });
  await cache.put(reference, other);
  expect(await cache.get(reference)).toEqual({ digest: other, fresh: true, storedAt: now });
  now -= 500_000;
  expect((await cache.get(reference))?.fresh).toBe(false);
  await cache.delete(reference);
  expect(await cache.get(reference)).toBeUndefined();
});

test("what is no digest is neither kept nor given out", async () => {
  const store = createMemoryStore();
  const cache = createRefCache(store);
  for (const wrong of ["", "latest", "sha256:xyz", `${digest}0`, "md5:00"]) {
    await cache.put(reference, wrong);
    expect(await cache.get(reference)).toBeUndefined();
    await createRecordCache(store).put(`ref ${reference}`, wrong);
    expect(await cache.get(reference)).toBeUndefined();
  }
});

test("an update that cannot be kept drops what is out of date", async () => {
  const inner = createMemoryStore();
  let isFull = false;
  const store: CacheStore = {
    ...inner,
    put: (...args) => (isFull ? Promise.reject(new Error("ENOSPC")) : inner.put(...args)),
  };
  const cache = createRefCache(store);
  await cache.put(reference, digest);
  isFull = true;
  await cache.put(reference, other);
  expect(await cache.get(reference)).toBeUndefined();
});

test("any flipped bit is a miss, and an entry under another name as well", async () => {
  const store = createMemoryStore();
  const cache = createRefCache(store);
  const entry = async (): Promise<{ key: string; bytes: Buffer }> => {
    for await (const { key } of store.entries()) {
      const reader = await store.open(key);
      const chunks: Uint8Array[] = [];
      for await (const chunk of reader?.read() ?? []) chunks.push(chunk);
      return { key, bytes: Buffer.concat(chunks) };
    }
    throw new Error("nothing kept");
  };
  await cache.put(reference, digest);
  const { key, bytes } = await entry();
  for (let bit = 0; bit < bytes.length * 8; bit += 5) {
    const wrong = Buffer.from(bytes);
    wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    await store.put(key, [wrong]);
    expect(await cache.get(reference)).toBeUndefined();
  }
  await cache.put("another", other);
  const moved = await entry();
  await store.put(key, [moved.bytes]);
  expect(await cache.get(reference)).toBeUndefined();
});

test("records are whatever their parser takes; too large ones are forgotten", async () => {
  const cache = createRecordCache(createMemoryStore());
  const parse = (json: unknown): string[] | undefined =>
    Array.isArray(json) && json.every((one) => typeof one === "string") ? json : undefined;
  await cache.put("referrers", ["a", "b"]);
  expect((await cache.get("referrers", parse))?.value).toEqual(["a", "b"]);
  expect(await cache.get("referrers", () => undefined)).toBeUndefined();
  await cache.put("referrers", ["x".repeat(2_000_000)]);
  expect(await cache.get("referrers", parse)).toBeUndefined();
});
