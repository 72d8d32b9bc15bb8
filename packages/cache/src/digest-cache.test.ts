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

test("keeps what is as large as a manifest may be, and nothing larger", async () => {
  const store = createMemoryStore();
  const cache = createManifestCache(store);
  const sized = (length: number): { bytes: Uint8Array; name: string } => {
    const bytes = new Uint8Array(length);
    return { bytes, name: `sha256:${createHash("sha256").update(bytes).digest("hex")}` };
  };
  const [largest, larger] = [sized(4 * 1024 * 1024), sized(4 * 1024 * 1024 + 1)];
  await cache.put(largest.name, largest.bytes);
  await cache.put(larger.name, larger.bytes);
  expect(await store.open(larger.name)).toBeUndefined();
  expect(await cache.get(largest.name)).toHaveLength(4 * 1024 * 1024);
  expect(await cache.get(larger.name)).toBeUndefined();
  // Nor is a larger one taken from a store that somebody else filled.
  await store.put(larger.name, [larger.bytes]);
  expect(await cache.get(larger.name)).toBeUndefined();
});

test("tells an observer of hits, misses and what was damaged", async () => {
  const seen: string[] = [];
  const observer = {
    hit: (bytes: number) => void seen.push(`hit of ${bytes}`),
    miss: () => void seen.push("miss"),
    failure: (error: unknown) => void seen.push(String(Reflect.get(Object(error), "code"))),
  };
  const store = createMemoryStore();
  const cache = createManifestCache(store, { observer });
  await cache.get(digest);
  await cache.put(digest, manifest);
  await cache.get(digest);
  await store.put(digest, [new Uint8Array(3)]);
  await cache.get(digest);
  expect(seen).toEqual(["miss", `hit of ${manifest.length}`, "CorruptEntry", "miss"]);
});

test("keeps blobs by SHA-512, too, and looks for no other digest in the store", async () => {
  const cache = createManifestCache(createMemoryStore());
  const long = `sha512:${createHash("sha512").update(manifest).digest("hex")}`;
  await cache.put(long, manifest);
  expect(await cache.get(long)).toEqual(manifest);
  const asked: string[] = [];
  const store: CacheStore = {
    ...createMemoryStore(),
    open: async (key) => {
      asked.push(key);
      return undefined;
    },
  };
  for (const odd of [`x${digest}`, `${digest}x`, digest.toUpperCase(), "sha256:", "", `${digest}\n`]) {
    expect(await createManifestCache(store).get(odd)).toBeUndefined();
  }
  expect(asked).toEqual([]);
});

test("an aborted signal is not a miss", async () => {
  const cache = createManifestCache(createMemoryStore());
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(cache.get(digest, { signal })).rejects.toThrow("enough");
  await expect(cache.put(digest, manifest, { signal })).rejects.toThrow("enough");
  // Nor is it when the store would not be asked.
  await expect(cache.get("md5:d41d8cd98f00b204e9800998ecf8427e", { signal })).rejects.toThrow("enough");
  await expect(cache.put(digest, new Uint8Array(5), { signal })).rejects.toThrow("enough");
});
