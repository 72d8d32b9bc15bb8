import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Caches } from "./index.js";
import { cacheNames, createCaches, createMemoryStore, defaultCacheBytes, divideCacheBytes } from "./index.js";
import { mountTmpfs } from "@blob/testing";
import { scratchDirectory } from "./testing/scratch-directory.js";

const blob = Buffer.from("a manifest, an index and a file in one ".repeat(3000));
const hash = createHash("sha256").update(blob).digest();
const digest = `sha256:${hash.toString("hex")}`;
const data = Buffer.alloc(200_000, "data");

/** Reads the same from all caches; a cold one fills. Gives what came out of a cache. */
async function readAll(caches: Caches): Promise<number> {
  let hits = 0;
  const right = (found: Uint8Array | undefined): boolean => {
    if (found === undefined) return false;
    expect(blob.equals(found)).toBe(true);
    hits += 1;
    return true;
  };
  const ref = await caches.refs.get("host/repo:tag");
  if (ref === undefined) await caches.refs.put("host/repo:tag", digest);
  else {
    expect(ref.digest).toBe(digest);
    hits += 1;
  }
  if (!right(await caches.manifests.get(digest))) await caches.manifests.put(digest, blob);
  if (!right(await caches.indexes.get(digest))) await caches.indexes.put(digest, blob);
  if (!right(await caches.content.get(hash))) await caches.content.put(hash, [blob]);
  if (!right(await caches.chunks?.get(hash))) await caches.chunks?.put(hash, [blob]);
  let fetched = 0;
  const source = caches.blocks.wrap({
    id: "data",
    size: data.length,
    async *read({ offset, length }) {
      fetched += 1;
      yield Buffer.from(data.subarray(offset, offset + length));
    },
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.read({ offset: 10, length: 150_000 })) chunks.push(chunk);
  expect(data.subarray(10, 150_010).equals(Buffer.concat(chunks))).toBe(true);
  if (fetched === 0) hits += 1;
  await caches.flush();
  return hits;
}

test("all six, in memory and on disk, also for the next process, and switched off", async () => {
  const directory = await scratchDirectory();
  for (const caches of [createCaches(), createCaches({ directory })]) {
    expect(await readAll(caches)).toBe(0);
    expect(await readAll(caches)).toBe(6);
    expect(caches.statistics().content).toEqual({ hits: 1, misses: 1, bytes: blob.length, failures: 0 });
    // Three blocks, and the chunk.
    expect(caches.statistics().blocks).toMatchObject({ hits: 4, misses: 4, failures: 0 });
  }
  expect(readdirSync(directory).toSorted()).toEqual(cacheNames.toSorted());
  expect(await readAll(createCaches({ directory }))).toBe(6);
  const off = createCaches({
    directory,
    enabled: { refs: false, manifests: false, indexes: false, content: false, blocks: false },
  });
  for (let i = 0; i < 2; i++) expect(await readAll(off)).toBe(0);
  expect(off.chunks).toBeUndefined();
  const stores = { manifests: createMemoryStore() };
  expect(await readAll(createCaches({ directory, stores }))).toBe(5);
});

test("any damage to any file is noticed, and heals", async () => {
  const directory = await scratchDirectory();
  const files = (): string[] =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .toSorted();
  const damage = fc.oneof(
    fc.record({ what: fc.constant("flip" as const), at: fc.nat(), bit: fc.nat(7) }),
    fc.record({ what: fc.constant("truncate" as const), at: fc.nat() }),
    fc.record({
      what: fc.constant("extend" as const),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 100 }),
    }),
    fc.record({ what: fc.constant("replace" as const), bytes: fc.uint8Array({ maxLength: 100 }) }),
    fc.record({ what: fc.constant("swap" as const), other: fc.nat() }),
  );
  await readAll(createCaches({ directory }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(), damage), { minLength: 1, maxLength: 3 }),
      async (damages) => {
        for (const [which, how] of damages) {
          const all = files();
          const file = all[which % all.length] ?? "";
          const bytes = readFileSync(file);
          if (how.what === "flip" && bytes.length > 0) {
            const at = how.at % bytes.length;
            bytes[at] = (bytes[at] ?? 0) ^ (1 << how.bit);
            writeFileSync(file, bytes);
          } else if (how.what === "truncate") truncateSync(file, how.at % (bytes.length + 1));
          else if (how.what === "extend") appendFileSync(file, how.bytes);
          else if (how.what === "replace") writeFileSync(file, how.bytes);
          else if (how.what === "swap") writeFileSync(file, readFileSync(all[how.other % all.length] ?? ""));
        }
        const caches = createCaches({ directory });
        await readAll(caches);
        expect(await readAll(caches)).toBe(6);
      },
    ),
    { numRuns: Number(process.env["BLOB_FUZZ_CASES"] ?? 150) },
  );
});

test("a directory that cannot be used is a warning for each cache, once, and no more", async () => {
  const scratch = await scratchDirectory();
  const file = path.join(scratch, "file");
  await writeFile(file, "in the way");
  const warned: string[] = [];
  const caches = createCaches({ directory: file, onWarning: (cache) => warned.push(cache) });
  for (let i = 0; i < 3; i++) expect(await readAll(caches)).toBe(0);
  expect(warned.toSorted()).toEqual(cacheNames.toSorted());
  // As soon as it can be used, it is.
  await rm(file);
  await readAll(caches);
  expect(await readAll(caches)).toBe(6);
});

test("a read-only file system serves what it has, and a full one harms nothing", async ({ skip }) => {
  const scratch = await scratchDirectory();
  const [fixed, full] = [path.join(scratch, "fixed"), path.join(scratch, "full")];
  await mkdir(fixed);
  await mkdir(full);
  if (!mountTmpfs(fixed, "size=16m,mode=700")) skip("no right to mount a file system");
  await readAll(createCaches({ directory: fixed }));
  execFileSync("mount", ["-o", "remount,ro", fixed]);
  const later = Date.now() + 120_000;
  const caches = createCaches({ directory: fixed, now: () => later });
  expect(await readAll(caches)).toBe(6);
  await caches.manifests.put(
    `sha256:${createHash("sha256").update("new").digest("hex")}`,
    Buffer.from("new"),
  );
  expect(caches.statistics().manifests.failures).toBe(1);

  if (!mountTmpfs(full, "size=64k,mode=700")) skip("no right to mount a file system");
  const cramped = createCaches({ directory: full });
  for (let i = 0; i < 3; i++) expect(await readAll(cramped)).toBeLessThan(6);
  for (const name of cacheNames) {
    const left = readdirSync(full).includes(name) && readdirSync(path.join(full, name)).includes(".tmp");
    if (left) expect(readdirSync(path.join(full, name, ".tmp"))).toEqual([]);
  }
});

test("one limit is divided so that the parts make the whole", () => {
  const sum = (sizes: Readonly<Record<string, number>>): number =>
    Object.values(sizes).reduce((a, b) => a + b, 0);
  for (const total of [1000, 1_000_000, 215_000_000, 5_000_000_000]) {
    expect(sum(divideCacheBytes(total))).toBe(total);
  }
  expect(divideCacheBytes(5_000_000_000).blocks).toBe(defaultCacheBytes.blocks);
  // Chunks of 4 MiB are kept where an entry may take no more than half.
  expect(divideCacheBytes(50_000_000).blocks / 2).toBeGreaterThan(4 * 1024 * 1024);
});
