import { expect, test } from "vitest";
import type { CacheStore } from "./cache-store.js";
import { readEntry } from "./read-entry.js";

const content = Buffer.from("content");

/** A store with one entry, which says what it likes, and notes when it is closed. */
function storeOf(size: number, chunks: readonly Uint8Array[], closed: string[] = []): CacheStore {
  const open: CacheStore["open"] = (key) =>
    Promise.resolve(
      key === "it"
        ? {
            size,
            async *read() {
              yield* chunks;
            },
            close: async () => void closed.push(key),
          }
        : undefined,
    );
  const never = (): never => {
    throw new Error("nobody asked for this");
  };
  return { open, put: never, delete: never, entries: never };
}

const read = async (
  size: number,
  chunks: readonly Uint8Array[],
  maxBytes = 100,
): Promise<string | undefined> => {
  const closed: string[] = [];
  const bytes = await readEntry(storeOf(size, chunks, closed), "it", maxBytes, undefined);
  expect(closed).toEqual(["it"]);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
};

test("an entry comes in one piece, and another key has none", async () => {
  expect(await read(7, [content])).toBe("content");
  expect(await read(7, [content.subarray(0, 3), content.subarray(3)])).toBe("content");
  expect(await readEntry(storeOf(7, [content]), "other", 100, undefined)).toBeUndefined();
});

test("an entry may have as many bytes as are allowed, and not one more", async () => {
  expect(await read(7, [content], 7)).toBe("content");
  expect(await read(7, [content], 6)).toBe("");
});

test("of an entry that has more than it said, nothing is left", async () => {
  expect(await read(6, [content])).toBe("");
  expect(await read(7, [content, Buffer.from("!")])).toBe("");
});

test("of one that has less, as much as it has", async () => {
  expect(await read(9, [content])).toBe("content");
});

test("who gives up meanwhile gets nothing, and the entry is closed", async () => {
  const closed: string[] = [];
  const controller = new AbortController();
  const store = storeOf(14, [content, content], closed);
  const opening: CacheStore = {
    ...store,
    async open(key) {
      const reader = await store.open(key);
      controller.abort(new Error("enough"));
      return reader;
    },
  };
  await expect(readEntry(opening, "it", 100, controller.signal)).rejects.toThrow("enough");
  expect(closed).toEqual(["it"]);
});
