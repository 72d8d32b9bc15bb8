import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { CacheStore } from "./cache-store.js";
import { createCaches } from "./caches.js";
import { createMemoryStore } from "./memory-store.js";

const bytes = new TextEncoder().encode("an index");
const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** A store that writes nothing before it is told to. */
function heldStore(): { readonly store: CacheStore; go(this: void): void; isWriting(this: void): boolean } {
  const inner = createMemoryStore({ maxBytes: 1_000_000 });
  let isWriting = false;
  let go = (): void => undefined;
  const told = new Promise<void>((resolve) => (go = resolve));
  const store: CacheStore = {
    ...inner,
    async put(...args) {
      isWriting = true;
      await told;
      await inner.put(...args);
    },
  };
  return { store, go: () => go(), isWriting: () => isWriting };
}

test("nobody waits until an index is written; who asks for it, and flush, do", async () => {
  const held = heldStore();
  const caches = createCaches({ stores: { indexes: held.store } });
  await caches.indexes.put(digest, bytes);
  expect(held.isWriting()).toBe(false);
  let isFlushed = false;
  const flushed = caches.flush().then(() => (isFlushed = true));
  const got = caches.indexes.get(digest);
  const stop = new AbortController();
  const given = caches.indexes.get(digest, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(given).rejects.toThrow("enough");
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect([held.isWriting(), isFlushed]).toEqual([true, false]);
  held.go();
  expect(await got).toEqual(bytes);
  await flushed;
});

test("what does not have its digest is not kept, and what the store refuses is no error", async () => {
  const warnings: string[] = [];
  const store = createMemoryStore({ maxBytes: 1_000_000 });
  const caches = createCaches({ stores: { indexes: store }, onWarning: (name) => warnings.push(name) });
  await caches.indexes.put(digest, Uint8Array.of(1));
  await caches.flush();
  expect(await caches.indexes.get(digest)).toBeUndefined();
  const full: CacheStore = { ...store, put: () => Promise.reject(new Error("no space")) };
  const failing = createCaches({ stores: { indexes: full }, onWarning: (name) => warnings.push(name) });
  await failing.indexes.put(digest, bytes);
  await failing.flush();
  expect(await failing.indexes.get(digest)).toBeUndefined();
  expect(warnings).toEqual(["indexes"]);
});
