import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { getChecked, putChecked } from "./checked-entry.js";
import { createChunkCache } from "./chunk-cache.js";
import { createMemoryStore } from "./memory-store.js";

const payload = Buffer.from("payload");

/** What an observer is told of failures. */
function observed(): { codes: unknown[]; observer: Parameters<typeof putChecked>[3] } {
  const codes: unknown[] = [];
  const observer = {
    hit: () => undefined,
    miss: () => undefined,
    failure: (error: unknown) => void codes.push(Reflect.get(Object(error), "code")),
  };
  return { codes, observer };
}

async function bytesOf(
  store: ReturnType<typeof createMemoryStore>,
  key: string,
): Promise<Buffer | undefined> {
  const reader = await store.open(key);
  if (reader === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of reader.read()) chunks.push(chunk);
  await reader.close();
  return Buffer.concat(chunks);
}

test("an entry is given back as it was put, of any length that is allowed", async () => {
  const { codes, observer } = observed();
  const store = createMemoryStore();
  for (const length of [0, 1, 7]) {
    expect(await putChecked(store, "it", payload.subarray(0, length), observer)).toBe(true);
    const found = await getChecked(store, "it", 7, observer);
    expect(Buffer.from(found ?? "nothing")).toEqual(payload.subarray(0, length));
  }
  expect(codes).toEqual([]);
});

test("a changed byte anywhere is told to the observer, and the entry is gone", async () => {
  const { codes, observer } = observed();
  for (let at = 0; at < 32 + payload.length; at += 1) {
    const store = createMemoryStore();
    await putChecked(store, "it", payload, observer);
    const entry = (await bytesOf(store, "it")) ?? Buffer.alloc(0);
    entry[at] = (entry[at] ?? 0) ^ 1;
    await store.put("it", [entry]);
    expect(await getChecked(store, "it", 7, observer)).toBeUndefined();
    expect(codes.splice(0)).toEqual(["CorruptEntry"]);
    expect(await store.open("it")).toBeUndefined();
  }
});

test("an entry under another key, or one that is cut or too long, is damaged as well", async () => {
  const { codes, observer } = observed();
  const store = createMemoryStore();
  await putChecked(store, "it", payload, observer);
  const entry = (await bytesOf(store, "it")) ?? Buffer.alloc(0);
  for (const [key, bytes, most] of [
    ["other", entry, 7],
    ["it", entry.subarray(0, -1), 7],
    ["it", entry.subarray(0, 31), 7],
    ["it", Buffer.concat([entry, Buffer.from("!")]), 8],
    ["it", entry, 6],
    ["i", Buffer.concat([entry.subarray(0, 32), Buffer.from("t\0"), payload]), 9],
  ] as const) {
    await store.put(key, [bytes]);
    expect(await getChecked(store, key, most, observer)).toBeUndefined();
    expect(codes.splice(0)).toEqual(["CorruptEntry"]);
  }
});

test("what is not there is neither told nor looked for twice", async () => {
  const { codes, observer } = observed();
  expect(await getChecked(createMemoryStore(), "it", 7, observer)).toBeUndefined();
  expect(codes).toEqual([]);
});

test("a changed byte anywhere in a chunk is told to the observer, and the chunk is gone", async () => {
  const { codes, observer } = observed();
  const hash = createHash("sha256").update(payload).digest();
  const key = hash.toString("hex");
  for (let at = -1; at <= payload.length; at += 1) {
    const store = createMemoryStore();
    const chunks = createChunkCache(store, { observer });
    await chunks.put(hash, [payload]);
    const entry = (await bytesOf(store, key)) ?? Buffer.alloc(0);
    entry[at] = (entry[at] ?? 0) ^ 1;
    // One that is cut, and one that is too long.
    const wrong = at < 0 ? entry.subarray(1) : at === payload.length ? Buffer.concat([entry, entry]) : entry;
    await store.put(key, [wrong]);
    expect(await chunks.get(hash, { maxBytes: payload.length })).toBeUndefined();
    expect(codes.splice(0)).toEqual(["CorruptEntry"]);
    expect(await store.open(key)).toBeUndefined();
    await chunks.put(hash, [payload]);
    expect(Buffer.from((await chunks.get(hash)) ?? "nothing")).toEqual(payload);
  }
});

test("a chunk under another's hash is damaged as well", async () => {
  const { codes, observer } = observed();
  const store = createMemoryStore();
  const chunks = createChunkCache(store, { observer });
  const other = createHash("sha256").update("other").digest();
  await store.put(other.toString("hex"), [payload]);
  expect(await chunks.get(other)).toBeUndefined();
  expect(codes).toEqual(["CorruptEntry"]);
});

test("a store that does not take it says so, and that is all", async () => {
  const { codes, observer } = observed();
  const full = { ...createMemoryStore(), put: () => Promise.reject(new Error("ENOSPC")) };
  expect(await putChecked(full, "it", payload, observer)).toBe(false);
  expect(codes).toHaveLength(1);
});
