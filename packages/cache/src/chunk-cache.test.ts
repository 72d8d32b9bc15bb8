import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CacheStore } from "./index.js";
import { createBlockCache, createChunkCache, createDiskStore, createMemoryStore } from "./index.js";
import { scratchDirectory } from "./testing/scratch-directory.js";

const chunk = randomBytes(3_000_000);
const hash = createHash("sha256").update(chunk).digest();

/** What an observer was told. */
function observed() {
  const told = { hits: 0, misses: 0, codes: [] as unknown[] };
  return {
    told,
    observer: {
      hit: () => void (told.hits += 1),
      miss: () => void (told.misses += 1),
      failure: (error: unknown) => void told.codes.push(Reflect.get(Object(error), "code")),
    },
  };
}

function isChunk(found: Uint8Array | undefined): boolean {
  return found !== undefined && Buffer.compare(found, chunk) === 0;
}

describe("a chunk", () => {
  test("is found from when it was put, also in another cache over the same directory", async () => {
    const directory = await scratchDirectory();
    const store = (): CacheStore => createDiskStore({ directory, maxBytes: 20_000_000 });
    const cache = createChunkCache(store());
    expect(await cache.get(hash)).toBeUndefined();
    const put = cache.put(hash, [chunk.subarray(0, 10), chunk.subarray(10)]);
    expect(isChunk(await cache.get(hash))).toBe(true);
    await put;
    expect(isChunk(await cache.get(hash))).toBe(true);
    expect(isChunk(await createChunkCache(store()).get(hash, { maxBytes: chunk.length }))).toBe(true);
  });

  test("belongs to whoever gets it, and to whoever put it", async () => {
    const cache = createChunkCache(createMemoryStore());
    const own = new Uint8Array(chunk);
    const put = cache.put(hash, [own]);
    own.fill(0);
    (await cache.get(hash))?.fill(1);
    expect(isChunk(await cache.get(hash))).toBe(true);
    await put;
    (await cache.get(hash))?.fill(2);
    expect(isChunk(await cache.get(hash))).toBe(true);
  });

  test("that is put again while it is written is written once", async () => {
    const memory = createMemoryStore();
    let writes = 0;
    const cache = createChunkCache({
      ...memory,
      put(...its) {
        writes += 1;
        return memory.put(...its);
      },
    });
    await Promise.all([1, 2, 3].map(() => cache.put(hash, [chunk])));
    expect(writes).toBe(1);
  });

  test("that is larger than the caller takes is missing, and stays", async () => {
    const { told, observer } = observed();
    const cache = createChunkCache(createMemoryStore(), { observer });
    const put = cache.put(hash, [chunk]);
    expect(await cache.get(hash, { maxBytes: chunk.length - 1 })).toBeUndefined();
    await put;
    expect(await cache.get(hash, { maxBytes: chunk.length - 1 })).toBeUndefined();
    expect(isChunk(await cache.get(hash))).toBe(true);
    expect(told).toEqual({ hits: 1, misses: 2, codes: [] });
  });

  test("of more than 16 MiB, or from an iteration that throws, is not kept, and that is all", async () => {
    const { told, observer } = observed();
    const store = createMemoryStore();
    const cache = createChunkCache(store, { observer });
    const large = Array.from({ length: 17 }, () => new Uint8Array(1024 * 1024));
    await cache.put(createHash("sha256").update(Buffer.concat(large)).digest(), large);
    function* failing(): Generator<Uint8Array> {
      yield chunk;
      throw new Error("no more");
    }
    await cache.put(hash, failing());
    for await (const entry of store.entries()) expect(entry).toBeUndefined();
    expect(told.codes).toHaveLength(1);
  });

  test("lies beside blocks in one store, and neither is taken for the other", async () => {
    const store = createMemoryStore();
    const [blocks, chunks] = [createBlockCache(store), createChunkCache(store)];
    // The keys of its blocks begin with the SHA-256 of a source's id.
    const id = "the content of a chunk";
    const idHash = createHash("sha256").update(id).digest();
    const source = {
      id,
      size: 100,
      async *read() {
        yield new Uint8Array(100);
      },
    };
    const read = blocks.wrap(source).read({ offset: 0, length: 100 });
    for await (const piece of read) expect(piece).toHaveLength(100);
    await chunks.put(idHash, [Buffer.from(id)]);
    await blocks.flush();
    const keys: string[] = [];
    for await (const entry of store.entries()) keys.push(entry.key);
    expect(keys.toSorted()).toEqual([idHash.toString("hex"), `${idHash.toString("hex")}.0`]);
    expect(Buffer.from((await chunks.get(idHash)) ?? []).toString()).toBe(id);
  });
});

describe("what is wrong", () => {
  test("is never given back, whatever became of the file, and gives way to what is right", async () => {
    const directory = await scratchDirectory();
    const small = Buffer.from("a chunk of a file".repeat(100));
    const smallHash = createHash("sha256").update(small).digest();
    const fileOf = (): string => {
      const found = readdirSync(directory, { recursive: true, withFileTypes: true }).find(
        (one) => one.isFile() && one.name === smallHash.toString("hex"),
      );
      return path.join(found?.parentPath ?? "", found?.name ?? "");
    };
    const damage = fc.oneof(
      fc.record({ at: fc.nat(small.length - 1), bit: fc.nat(7) }),
      fc.record({ cutTo: fc.nat(small.length - 1) }),
      fc.record({ more: fc.uint8Array({ minLength: 1, maxLength: 10 }) }),
    );
    await fc.assert(
      fc.asyncProperty(damage, fc.constantFrom(undefined, small.length), async (how, maxBytes) => {
        const { told, observer } = observed();
        const cache = createChunkCache(createDiskStore({ directory, maxBytes: 1_000_000 }), { observer });
        await cache.put(smallHash, [small]);
        const bytes = readFileSync(fileOf());
        if ("bit" in how) bytes[how.at] = (bytes[how.at] ?? 0) ^ (1 << how.bit);
        const wrong =
          "cutTo" in how
            ? bytes.subarray(0, how.cutTo)
            : "more" in how
              ? Buffer.concat([bytes, how.more])
              : bytes;
        writeFileSync(fileOf(), wrong);
        expect(await cache.get(smallHash, { maxBytes })).toBeUndefined();
        expect(told).toEqual({ hits: 0, misses: 1, codes: ["CorruptEntry"] });
        expect(await cache.get(smallHash)).toBeUndefined();
        expect(told.codes).toHaveLength(1);
        await cache.put(smallHash, [small]);
        expect(Buffer.from((await cache.get(smallHash)) ?? [])).toEqual(small);
      }),
      { numRuns: 60 },
    );
  });

  test("is not given back when it was put, by whoever did not verify it", async () => {
    const { told, observer } = observed();
    const cache = createChunkCache(createMemoryStore(), { observer });
    const put = cache.put(hash, [chunk.subarray(1)]);
    expect(await cache.get(hash)).toBeUndefined();
    await put;
    expect(await cache.get(hash)).toBeUndefined();
    expect(told.codes).toEqual(["CorruptEntry"]);
  });

  test("of a store that gives more than it said, or without an end, is a miss", async () => {
    const memory = createMemoryStore();
    const endless: CacheStore = {
      ...memory,
      open: () =>
        Promise.resolve({
          size: chunk.length,
          async *read() {
            for (;;) yield new Uint8Array(1000);
          },
          close: () => Promise.resolve(),
        }),
    };
    const { told, observer } = observed();
    expect(await createChunkCache(endless, { observer }).get(hash)).toBeUndefined();
    expect(told.codes).toEqual(["CorruptEntry"]);
  });
});

describe("a store that", () => {
  test("fails is a miss for who reads, and nothing to who puts", async () => {
    const { told, observer } = observed();
    const broken: CacheStore = {
      ...createMemoryStore(),
      open: () => Promise.reject(new Error("EIO")),
      put: () => Promise.reject(new Error("ENOSPC")),
    };
    const cache = createChunkCache(broken, { observer });
    await cache.put(hash, [chunk]);
    expect(await cache.get(hash)).toBeUndefined();
    await cache.flush();
    expect(told).toEqual({ hits: 0, misses: 1, codes: [undefined, undefined] });
  });

  test("is slower than the reads takes no more memory than 64 MiB, and delays nobody", async () => {
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    let writes = 0;
    const slow: CacheStore = {
      ...createMemoryStore(),
      async put() {
        writes += 1;
        await finished;
      },
    };
    const cache = createChunkCache(slow);
    const chunks = Array.from({ length: 8 }, (_, i) => Buffer.alloc(12 * 1024 * 1024, i + 1));
    const hashes = chunks.map((one) => createHash("sha256").update(one).digest());
    const puts = chunks.map((one, i) => cache.put(hashes[i] ?? hash, [one]));
    // What was not taken is over at once.
    await Promise.all(puts.slice(5));
    expect((await cache.get(hashes[4] ?? hash))?.length).toBe(12 * 1024 * 1024);
    expect(await cache.get(hashes[5] ?? hash)).toBeUndefined();
    expect(writes).toBe(1);
    let isFlushed = false;
    const flush = cache.flush().then(() => (isFlushed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isFlushed).toBe(false);
    finish();
    await flush;
    // There is room again.
    await cache.put(hashes[7] ?? hash, [chunks[7] ?? chunk]);
    expect(writes).toBe(6);
  });

  test("has little room keeps what was put last, however much is put at once", async () => {
    const directory = await scratchDirectory();
    const cache = createChunkCache(createDiskStore({ directory, maxBytes: 2_500_000 }));
    const chunks = Array.from({ length: 8 }, (_, i) => Buffer.alloc(1_000_000, i + 1));
    const hashes = chunks.map((one) => createHash("sha256").update(one).digest());
    await Promise.all(chunks.map((one, i) => cache.put(hashes[i] ?? hash, [one])));
    const found = await Promise.all(hashes.map((one) => cache.get(one)));
    expect(found.map((one) => one !== undefined)).toEqual([...Array<boolean>(6).fill(false), true, true]);
  });

  test("is asked by who has given up throws the reason", async () => {
    const cache = createChunkCache(createMemoryStore());
    await expect(cache.get(hash, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
  });
});
