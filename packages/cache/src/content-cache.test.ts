import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { CacheStore } from "./index.js";
import { createContentCache, createDiskStore, createMemoryStore } from "./index.js";
import { scratchDirectory } from "./testing/scratch-directory.js";

const content = Buffer.from("some content ".repeat(50_000));
const hash = createHash("sha256").update(content).digest();
const key = hash.toString("hex");

async function diskCache() {
  const scratch = await scratchDirectory();
  const store = createDiskStore({ directory: path.join(scratch, "content"), maxBytes: 100_000_000 });
  return { scratch, store, cache: createContentCache(store, { locate: (name) => store.locate(name) }) };
}

function chunked(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / 50_000) }, (_, i) =>
    bytes.subarray(i * 50_000, (i + 1) * 50_000),
  );
}

test("gives back content whole, in a stream, and as a file in three ways", async () => {
  const { scratch, store, cache } = await diskCache();
  expect(await cache.get(hash)).toBeUndefined();
  expect(await cache.open(hash)).toBeUndefined();
  expect(await cache.writeTo(hash, path.join(scratch, "nothing"))).toBe(false);
  expect(existsSync(path.join(scratch, "nothing"))).toBe(false);
  await cache.put(hash, chunked(content));
  expect(content.equals((await cache.get(hash)) ?? Buffer.alloc(0))).toBe(true);
  const opened = await cache.open(hash);
  const chunks: Uint8Array[] = [];
  for await (const chunk of opened?.read() ?? []) chunks.push(chunk);
  await opened?.close();
  expect(content.equals(Buffer.concat(chunks))).toBe(true);
  for (const by of ["copy", "clone", "link"] as const) {
    const file = path.join(scratch, by);
    expect(await cache.writeTo(hash, file, { by })).toBe(true);
    expect(content.equals(readFileSync(file))).toBe(true);
    expect(statSync(file).ino === statSync(store.locate(key) ?? "").ino).toBe(by === "link");
    // What is there is left alone.
    expect(await cache.writeTo(hash, file, { by })).toBe(false);
    expect(content.equals(readFileSync(file))).toBe(true);
  }
});

test("what is larger than the caller wants is missing for it, and stays", async () => {
  const cache = createContentCache(createMemoryStore());
  await cache.put(hash, [content]);
  expect(await cache.get(hash, { maxBytes: 1000 })).toBeUndefined();
  expect(await cache.get(hash)).toHaveLength(content.length);
});

test("does not keep what has another hash, or whose body breaks off", async () => {
  const cache = createContentCache(createMemoryStore());
  await cache.put(hash, [content, content]);
  await cache.put(
    hash,
    (function* () {
      yield content;
      throw new Error("broke off");
    })(),
  );
  expect(await cache.get(hash)).toBeUndefined();
});

test("wrong content is deleted, is never handed out or left in a file, and is taken again", async () => {
  const { scratch, store, cache } = await diskCache();
  const wrong = Buffer.from(content);
  wrong[400_000] = 0;
  for (const bytes of [wrong, content.subarray(1), Buffer.alloc(0)]) {
    const reads: (() => Promise<unknown>)[] = [
      () => cache.get(hash),
      () => cache.open(hash),
      ...(["copy", "clone", "link"] as const).map((by) => async () => {
        expect(await cache.writeTo(hash, path.join(scratch, "file"), { by })).toBe(false);
        expect(existsSync(path.join(scratch, "file"))).toBe(false);
      }),
    ];
    for (const read of reads) {
      await store.put(key, [bytes]);
      expect(await read()).toBeUndefined();
      expect(existsSync(store.locate(key) ?? "")).toBe(false);
    }
  }
  await cache.put(hash, [content]);
  expect(await cache.get(hash)).toHaveLength(content.length);
});

test("content that changes under a reader ends in an error before its last chunk", async () => {
  const { store, cache } = await diskCache();
  await cache.put(hash, [content]);
  const opened = await cache.open(hash);
  const wrong = Buffer.from(content);
  wrong[600_000] = 0;
  writeFileSync(store.locate(key) ?? "", wrong);
  let read = 0;
  await expect(async () => {
    for await (const chunk of opened?.read() ?? []) read += chunk.length;
  }).rejects.toMatchObject({ code: "CorruptEntry" });
  expect(read).toBeLessThan(content.length);
  await opened?.close();
});

test("whoever changes a linked file spoils only the cached copy, which is noticed", async () => {
  const { scratch, cache } = await diskCache();
  await cache.put(hash, [content]);
  const file = path.join(scratch, "linked");
  expect(await cache.writeTo(hash, file, { by: "link" })).toBe(true);
  writeFileSync(file, "changed by its owner");
  expect(await cache.get(hash)).toBeUndefined();
  expect(readFileSync(file, "utf8")).toBe("changed by its owner");
});

test("a failing store is a miss, and an aborted signal is not", async () => {
  const trouble = (): Promise<never> => Promise.reject(new Error("EACCES"));
  const broken: CacheStore = { ...createMemoryStore(), open: trouble, put: trouble, delete: trouble };
  const cache = createContentCache(broken);
  await cache.put(hash, [content]);
  expect(await cache.get(hash)).toBeUndefined();
  expect(await cache.open(hash)).toBeUndefined();
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(cache.get(hash, { signal })).rejects.toThrow("enough");
  await expect(cache.open(hash, { signal })).rejects.toThrow("enough");
  await expect(cache.put(hash, [content], { signal })).rejects.toThrow("enough");
  await expect(cache.writeTo(hash, "unused", { signal })).rejects.toThrow("enough");
});

test("gives a part to who knows its hash, and reads no more; who is wrong about it spoils nothing", async () => {
  let bytesRead = 0;
  const memory = createMemoryStore();
  const counting: CacheStore = {
    ...memory,
    async open(...its) {
      const reader = await memory.open(...its);
      return (
        reader && {
          ...reader,
          async *read(range) {
            for await (const piece of reader.read(range)) {
              bytesRead += piece.length;
              yield piece;
            }
          },
        }
      );
    },
  };
  const cache = createContentCache(counting);
  await cache.put(hash, [content]);
  const [offset, size] = [100_001, 1000];
  const wanted = content.subarray(offset, offset + size);
  const part = { offset, size, hash: createHash("sha256").update(wanted).digest() };
  expect(Buffer.from((await cache.getPart(hash, part)) ?? [])).toEqual(wanted);
  expect(bytesRead).toBe(size);
  for (const wrong of [
    { ...part, offset: offset + 1 },
    { ...part, size: size - 1 },
    { ...part, hash },
    { ...part, offset: content.length - 1 },
    { ...part, size: 1e9 },
  ]) {
    expect(await cache.getPart(hash, wrong)).toBeUndefined();
  }
  expect(Buffer.compare((await cache.get(hash)) ?? Buffer.alloc(0), content)).toBe(0);
  expect(await cache.getPart(part.hash, { ...part, offset: 0 })).toBeUndefined();
});
