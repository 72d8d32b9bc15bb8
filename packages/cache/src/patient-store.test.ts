import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { CacheStore } from "./index.js";
import { createCaches, createMemoryStore } from "./index.js";
import { withPatience } from "./patient-store.js";

const never = (): Promise<never> => new Promise(() => undefined);
const bytes = Buffer.from("some bytes");
const hash = createHash("sha256").update(bytes).digest();
const digest = `sha256:${hash.toString("hex")}`;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** What the work comes to when so much time goes by. */
async function after<T>(ms: number, work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(ms);
  return work;
}

describe("a store that never answers", () => {
  const hanging: CacheStore = {
    open: never,
    put: never,
    delete: never,
    entries: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }),
  };

  test("has nothing and takes nothing, in every cache, and is waited for once", async () => {
    const names = ["refs", "manifests", "indexes", "content", "blocks"] as const;
    const stores = Object.fromEntries(names.map((name) => [name, hanging]));
    const warnings: unknown[] = [];
    const caches = createCaches({ stores, onWarning: (name, error) => void warnings.push([name, error]) });
    const source = {
      id: "a",
      size: bytes.length,
      async *read() {
        yield Uint8Array.from(bytes);
      },
    };
    const readAll = async (): Promise<unknown[]> => {
      const found = await Promise.all([
        caches.refs.get("a"),
        caches.records.get("a", () => 1),
        caches.manifests.get(digest),
        caches.indexes.get(digest),
        caches.content.get(hash),
        caches.content.open(hash),
        caches.chunks?.get(hash),
      ]);
      for await (const piece of caches.blocks.wrap(source).read({ offset: 0, length: bytes.length }))
        expect(Buffer.from(piece)).toEqual(bytes);
      return found.filter((one) => one !== undefined);
    };
    expect(await after(3000, readAll())).toEqual([]);
    expect(warnings).toHaveLength(names.length);
    expect(warnings).toContainEqual(["blocks", expect.objectContaining({ code: "TimedOut" })]);
    // No time goes by any more.
    expect(await readAll()).toEqual([]);
    await caches.manifests.put(digest, bytes);
    await caches.content.put(hash, [bytes]);
    await caches.chunks?.put(hash, [bytes]);
    await caches.flush();
  });

  test("keeps nobody from closing who has put something", async () => {
    const caches = createCaches({ stores: { blocks: { ...createMemoryStore(), put: never } } });
    void caches.chunks?.put(hash, [bytes]);
    await after(6000, caches.flush());
    expect(caches.statistics().blocks.failures).toBe(1);
  });

  test("does not hold whoever gives up before", async () => {
    const controller = new AbortController();
    const reading = withPatience(hanging).open("a", { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
  });

  test("in the middle of an entry is a miss", async () => {
    const { observer, store } = stuckAfterOpening();
    const caches = createCaches({ stores: { blocks: store } });
    expect(await after(3000, caches.chunks?.get(hash) ?? never())).toBeUndefined();
    expect(observer.closed).toBe(1);
  });
});

function stuckAfterOpening(): { store: CacheStore; observer: { closed: number } } {
  const observer = { closed: 0 };
  const store: CacheStore = {
    ...createMemoryStore(),
    open: () =>
      Promise.resolve({
        size: bytes.length,
        async *read() {
          yield Uint8Array.from(bytes.subarray(0, 3));
          await never();
        },
        close: () => {
          observer.closed += 1;
          return Promise.resolve();
        },
      }),
  };
  return { store, observer };
}

test("a store that answers after all is asked again, and what it opened late is closed", async () => {
  const memory = createMemoryStore();
  await memory.put("a", [bytes]);
  let answer: (() => void) | undefined;
  let closed = 0;
  const store = withPatience({
    ...memory,
    async open(...its) {
      await new Promise<void>((resolve) => (answer ??= resolve));
      const reader = await memory.open(...its);
      return reader && { ...reader, close: () => Promise.resolve(void (closed += 1)) };
    },
  });
  await expect(after(3000, store.open("a"))).rejects.toMatchObject({ code: "TimedOut" });
  expect(await store.open("a")).toBeUndefined();
  answer?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(closed).toBe(1);
  answer = () => undefined;
  const reading = store.open("a");
  await expect(after(3000, reading)).rejects.toMatchObject({ code: "TimedOut" });
});

test("a body may take any time, and what comes after the store was given up is not kept", async () => {
  const memory = createMemoryStore();
  const store = withPatience(memory);
  async function* slow(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 3; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      yield bytes;
    }
  }
  await after(200_000, store.put("a", slow()));
  expect((await memory.open("a"))?.size).toBe(3 * bytes.length);

  let goOn: () => void = () => undefined;
  const stuck = withPatience({
    ...memory,
    async put(key, body) {
      await new Promise<void>((resolve) => (goOn = resolve));
      return memory.put(key, body);
    },
  });
  await expect(after(6000, stuck.put("b", [bytes]))).rejects.toMatchObject({ code: "TimedOut" });
  goOn();
  await vi.advanceTimersByTimeAsync(0);
  expect(await memory.open("b")).toBeUndefined();
});
