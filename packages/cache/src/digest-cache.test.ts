import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { CacheStore } from "./index.js";
import { createManifestCache, createMemoryStore } from "./index.js";

const manifest = new TextEncoder().encode('{"schemaVersion":2}');
const digest = `sha256:${createHash("sha256").update(manifest).digest("hex")}`;

test("gives back a manifest by its digest", async () => {
  const cache = createManifestCache(createMemoryStore());
  expect(await cache.get(digest)).toBeUndefined();
  await cache.put(digest, manifest);
  expect(await cache.get(digest)).toEqual(manifest);
});

test("deletes what does not have its digest, and takes the right bytes again", async () => {
  const store = createMemoryStore();
  const cache = createManifestCache(store);
  await store.put(digest, [new TextEncoder().encode('{"schemaVersion":3}')]);
  expect(await cache.get(digest)).toBeUndefined();
  expect(await store.open(digest)).toBeUndefined();
  await cache.put(digest, manifest);
  expect(await cache.get(digest)).toEqual(manifest);
});

test("does not keep bytes under a digest that is not theirs, or that cannot be verified", async () => {
  const store = createMemoryStore();
  const cache = createManifestCache(store);
  await cache.put(digest, new Uint8Array(5));
  await cache.put("md5:d41d8cd98f00b204e9800998ecf8427e", new Uint8Array());
  for await (const entry of store.entries()) expect(entry).toBe("nothing kept");
});

test("a store that fails, lies about sizes or hands out too much is a miss", async () => {
  const trouble = (): Promise<never> => Promise.reject(new Error("EACCES"));
  const broken: CacheStore = {
    open: trouble,
    put: trouble,
    delete: trouble,
    entries: () => {
      throw new Error("EACCES");
    },
  };
  const cache = createManifestCache(broken);
  await cache.put(digest, manifest);
  expect(await cache.get(digest)).toBeUndefined();

  for (const size of [0, 3, manifest.length + 1, 2 ** 40]) {
    const lying: CacheStore = {
      ...broken,
      open: () =>
        Promise.resolve({
          size,
          read: async function* () {
            yield manifest;
          },
          close: () => Promise.resolve(),
        }),
    };
    const bytes = await createManifestCache(lying).get(digest);
    expect(bytes === undefined || Buffer.compare(bytes, manifest) === 0).toBe(true);
  }
});

test("an aborted signal is not a miss", async () => {
  const cache = createManifestCache(createMemoryStore());
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(cache.get(digest, { signal })).rejects.toThrow("enough");
  await expect(cache.put(digest, manifest, { signal })).rejects.toThrow("enough");
});
