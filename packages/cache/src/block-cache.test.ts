import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { BlockSource, CacheStore } from "./index.js";
import { createBlockCache, createDiskStore, createMemoryStore } from "./index.js";
import { scratchDirectory } from "./testing/scratch-directory.js";

const block = 64 * 1024;
// No two blocks are equal.
const content = Uint8Array.from(
  { length: 20 * block + 777 },
  (_, i) => (i * 31 + (i >> 8) * 7 + (i >> 16) * 13) & 0xff,
);

interface Counted extends BlockSource {
  readonly reads: { readonly offset: number; readonly length: number }[];
  /** How many reads are under way. */
  active: number;
}

/** A source that counts its reads, hands out odd chunks, and lets other work in between. */
function countedSource(size = content.length, chunkBytes = 10_007): Counted {
  const source: Counted = {
    id: "sha256:test",
    size,
    reads: [],
    active: 0,
    async *read(range, { signal } = {}) {
      source.reads.push(range);
      source.active += 1;
      try {
        const end = range.offset + range.length;
        if (end > size) throw new RangeError("outside");
        for (let at = range.offset; at < end; at += chunkBytes) {
          await new Promise((resolve) => setImmediate(resolve));
          signal?.throwIfAborted();
          yield content.slice(at, Math.min(end, at + chunkBytes));
        }
      } finally {
        source.active -= 1;
      }
    },
  };
  return source;
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function expectRange(bytes: Uint8Array, offset: number, length: number): void {
  expect(bytes.length).toBe(length);
  expect(Buffer.compare(bytes, content.subarray(offset, offset + length))).toBe(0);
}

test("missing neighbours are one read, and what was read is not read again", async () => {
  const cache = createBlockCache(createMemoryStore());
  const inner = countedSource();
  const source = cache.wrap(inner);
  expectRange(await collect(source.read({ offset: 100, length: 10 * block })), 100, 10 * block);
  expect(inner.reads).toEqual([{ offset: 0, length: 11 * block }]);
  await cache.flush();
  expectRange(await collect(source.read({ offset: 5 * block + 3, length: block })), 5 * block + 3, block);
  expect(inner.reads).toHaveLength(1);
  // Another wrapper of the same content, and its last, shorter block.
  const again = countedSource();
  const tail = content.length - 1000;
  expectRange(await collect(cache.wrap(again).read({ offset: tail, length: 1000 })), tail, 1000);
  expectRange(await collect(cache.wrap(again).read({ offset: 0, length: 11 * block })), 0, 11 * block);
  expect(again.reads).toEqual([{ offset: 19 * block, length: block + 777 }]);
});

test("holes that are close together are one read, and far ones are not fetched through", async () => {
  const cache = createBlockCache(createMemoryStore());
  const inner = countedSource();
  const source = cache.wrap(inner);
  await collect(source.read({ offset: 2 * block, length: 2 * block }));
  await collect(source.read({ offset: 6 * block, length: 10 * block }));
  await cache.flush();
  inner.reads.length = 0;
  expectRange(await collect(source.read({ offset: 0, length: 18 * block })), 0, 18 * block);
  expect(inner.reads.toSorted((a, b) => a.offset - b.offset)).toEqual([
    { offset: 0, length: 6 * block },
    { offset: 16 * block, length: 2 * block },
  ]);
});

test("concurrent reads of the same blocks are one read of the source", async () => {
  const cache = createBlockCache(createMemoryStore());
  const inner = countedSource();
  const source = cache.wrap(inner);
  const offsets = Array.from({ length: 100 }, (_, i) => i * 600);
  const parts = await Promise.all(offsets.map((offset) => collect(source.read({ offset, length: 500 }))));
  for (const [i, part] of parts.entries()) expectRange(part, offsets[i] ?? 0, 500);
  expect(inner.reads).toHaveLength(1);
});

test("the first reader may leave: others get their bytes; the last one stops the work", async () => {
  const cache = createBlockCache(createMemoryStore());
  const inner = countedSource(content.length, 100);
  const source = cache.wrap(inner);
  const first = new AbortController();
  const leaving = collect(source.read({ offset: 0, length: block }, { signal: first.signal }));
  const staying = collect(source.read({ offset: 10, length: 100 }));
  setImmediate(() => first.abort(new Error("changed my mind")));
  await expect(leaving).rejects.toThrow("changed my mind");
  expectRange(await staying, 10, 100);
  expect(inner.reads).toHaveLength(1);

  const alone = new AbortController();
  const stopped = collect(source.read({ offset: 5 * block, length: block }, { signal: alone.signal }));
  setImmediate(() => alone.abort(new Error("enough")));
  await expect(stopped).rejects.toThrow("enough");
  for (let i = 0; i < 50 && inner.active > 0; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(inner.active).toBe(0);
  expectRange(await collect(source.read({ offset: 5 * block, length: block })), 5 * block, block);
});

test("a failure reaches those who wait, and nobody later", async () => {
  const cache = createBlockCache(createMemoryStore());
  const good = countedSource();
  let failures = 1;
  const source = cache.wrap({
    ...good,
    async *read(range, options) {
      if (failures-- > 0) throw new Error("the connection broke");
      yield* good.read(range, options);
    },
  });
  const both = [0, 1].map((offset) => collect(source.read({ offset, length: 10 })));
  for (const one of both) await expect(one).rejects.toThrow("the connection broke");
  expectRange(await collect(source.read({ offset: 0, length: 10 })), 0, 10);
});

test("a source that ends early is an error, and nothing of the torn block is kept", async () => {
  const cache = createBlockCache(createMemoryStore());
  const good = countedSource();
  const short = cache.wrap({
    ...good,
    read: ({ offset, length }) => good.read({ offset, length: length - 1 }),
  });
  await expect(collect(short.read({ offset: 0, length: 10 }))).rejects.toMatchObject({ code: "ShortRead" });
  await cache.flush();
  expectRange(await collect(cache.wrap(good).read({ offset: 0, length: 10 })), 0, 10);
});

test("blocks that lie under each other's names on disk are not taken for each other", async () => {
  const directory = await scratchDirectory();
  const store = createDiskStore({ directory, maxBytes: 10_000_000 });
  const failures: unknown[] = [];
  const observer = {
    hit: () => undefined,
    miss: () => undefined,
    failure: (error: unknown) => void failures.push(error),
  };
  const cache = createBlockCache(store, { observer });
  const [a, b] = [cache.wrap(countedSource()), cache.wrap({ ...countedSource(), id: "sha256:other" })];
  // Two blocks of one source, and one of another source with other bytes.
  expectRange(await collect(a.read({ offset: 0, length: 2 * block })), 0, 2 * block);
  await cache.flush();
  const own = await blockFiles(directory);
  expect(own).toHaveLength(2);
  await exchange(own[0] ?? "", own[1] ?? "");
  const again = countedSource();
  expectRange(await collect(cache.wrap(again).read({ offset: 0, length: 2 * block })), 0, 2 * block);
  expect(again.reads).toEqual([{ offset: 0, length: 2 * block }]);
  expect(failures).toMatchObject([{ code: "CorruptEntry" }, { code: "CorruptEntry" }]);
  await cache.flush();
  await collect(b.read({ offset: 3 * block, length: block }));
  await cache.flush();
  const other = (await blockFiles(directory)).filter((file) => !own.includes(file));
  expect(other).toHaveLength(1);
  await exchange(own[0] ?? "", other[0] ?? "");
  const third = countedSource();
  expectRange(await collect(cache.wrap(third).read({ offset: 0, length: 2 * block })), 0, 2 * block);
  expect(third.reads).toHaveLength(1);
  await cache.flush();
});

test("blocks that are forgotten are read again, and no others", async () => {
  const cache = createBlockCache(createMemoryStore());
  const inner = countedSource();
  const source = cache.wrap(inner);
  await collect(source.read({ offset: 0, length: 4 * block }));
  expect(await cache.forget(source.id, { offset: block + 5, length: block })).toBe(true);
  expect(await cache.forget(source.id, { offset: block + 5, length: block })).toBe(false);
  expect(await cache.forget("sha256:other", { offset: 0, length: block })).toBe(false);
  inner.reads.length = 0;
  expectRange(await collect(source.read({ offset: 0, length: 4 * block })), 0, 4 * block);
  expect(inner.reads).toEqual([{ offset: block, length: 2 * block }]);
});

async function blockFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true });
  return names
    .filter((name) => /^[0-9a-f]{2}[/\\][0-9a-f]{64}/u.test(name))
    .map((name) => path.join(directory, name));
}

async function exchange(one: string, other: string): Promise<void> {
  const [bytes, others] = [await readFile(one), await readFile(other)];
  expect(bytes.equals(others)).toBe(false);
  await writeFile(one, others);
  await writeFile(other, bytes);
}

test("large reads pass by, and leave nothing behind", async () => {
  const store = createMemoryStore();
  const cache = createBlockCache(store);
  const passed: number[] = [];
  const source = cache.wrap({
    id: "large",
    size: 2 ** 30,
    async *read({ length }) {
      passed.push(length);
      yield new Uint8Array(length);
    },
  });
  await collect(source.read({ offset: 5, length: 4 * 1024 * 1024 + 1 }));
  await cache.flush();
  expect(passed).toEqual([4 * 1024 * 1024 + 1]);
  for await (const entry of store.entries()) expect(entry).toBe("nothing kept");
});

test("chunks belong to the consumer, and leaving early is safe", async () => {
  const cache = createBlockCache(createMemoryStore());
  const source = cache.wrap(countedSource());
  for (let i = 0; i < 20; i++) {
    for await (const chunk of source.read({ offset: 0, length: 3 * block })) {
      chunk.fill(0);
      break;
    }
  }
  expectRange(await collect(source.read({ offset: 0, length: 3 * block })), 0, 3 * block);
});

test("what the source says about a bad range is what the caller hears", async () => {
  const source = createBlockCache(createMemoryStore()).wrap(countedSource());
  await expect(collect(source.read({ offset: content.length, length: 1 }))).rejects.toThrow("outside");
  expect(await collect(source.read({ offset: 0, length: 0 }))).toHaveLength(0);
});

test("a consumer does not wait for the store, and a store that fails or hangs changes no byte", async () => {
  const trouble = (): Promise<never> => Promise.reject(new Error("EIO"));
  const failing: CacheStore = { ...createMemoryStore(), open: trouble, put: trouble, delete: trouble };
  const hanging: CacheStore = { ...createMemoryStore(), put: () => new Promise(() => undefined) };
  for (const store of [failing, hanging]) {
    const failures: unknown[] = [];
    const observer = {
      hit: () => undefined,
      miss: () => undefined,
      failure: (error: unknown) => void failures.push(error),
    };
    const source = createBlockCache(store, { observer }).wrap(countedSource());
    for (let i = 0; i < 2; i++)
      expectRange(await collect(source.read({ offset: 1, length: block })), 1, block);
    if (store === failing) expect(failures.length).toBeGreaterThan(0);
  }
});

test("any reads, at once and after another, over a store with a small limit, give the right bytes", async () => {
  const range = fc
    .tuple(fc.nat(content.length), fc.nat(content.length))
    .map(([a, b]) => ({ offset: Math.min(a, b), length: Math.abs(a - b) }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(range, { minLength: 1, maxLength: 4 }), { maxLength: 4 }),
      fc.integer({ min: 1000, max: 200_000 }),
      async (rounds, chunkBytes) => {
        const cache = createBlockCache(createMemoryStore({ maxBytes: 6 * block }));
        const source = cache.wrap(countedSource(content.length, chunkBytes));
        for (const round of rounds) {
          const parts = await Promise.all(round.map((one) => collect(source.read(one))));
          for (const [i, { offset, length }] of round.entries()) {
            expectRange(parts[i] ?? Buffer.alloc(0), offset, length);
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});
