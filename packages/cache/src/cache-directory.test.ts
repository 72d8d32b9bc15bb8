import { createHash } from "node:crypto";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { createCaches, createDiskStore, openCacheDirectory } from "./index.js";
import { scratchDirectory } from "./testing/scratch-directory.js";

async function filled() {
  const root = await scratchDirectory();
  let now = Date.now() - 10 * 3_600_000;
  const caches = createCaches({ directory: root, now: () => now });
  const digests: string[] = [];
  for (let i = 0; i < 10; i++) {
    const bytes = Buffer.alloc(1000, `manifest ${String(i)}`);
    const hash = createHash("sha256").update(bytes).digest();
    digests.push(hash.toString("hex"));
    await caches.manifests.put(`sha256:${hash.toString("hex")}`, bytes);
    await caches.content.put(hash, [bytes]);
    now += 3_600_000 / 2;
  }
  await caches.refs.put("host/repo:tag", `sha256:${digests[0] ?? ""}`);
  return { root, digests, directory: openCacheDirectory(root) };
}

test("tells what there is, and clears one cache or all", async () => {
  const { root, directory } = await filled();
  const status = await directory.status();
  expect(status.map(({ name, files }) => [name, files])).toEqual([
    ["refs", 1],
    ["manifests", 10],
    ["indexes", 0],
    ["content", 10],
    ["blocks", 0],
  ]);
  expect(status[1]).toEqual({
    name: "manifests",
    path: path.join(root, "manifests"),
    bytes: 10_000,
    files: 10,
  });
  expect((await directory.clear(["content"]))[0]).toMatchObject({
    name: "content",
    bytes: 10_000,
    files: 10,
  });
  expect(existsSync(path.join(root, "content"))).toBe(false);
  await directory.clear();
  expect(readdirSync(root)).toEqual([]);
  expect((await directory.status()).every(({ files }) => files === 0)).toBe(true);
});

test("prunes what was not used for longest, in all caches alike", async () => {
  const { digests, directory, root } = await filled();
  const { bytes, files } = await directory.prune(10_000);
  expect(files).toBeGreaterThanOrEqual(10);
  expect(bytes).toBe(files * 1000);
  const left = createDiskStore({ directory: path.join(root, "manifests"), maxBytes: Infinity });
  expect(await left.open(`sha256:${digests[0] ?? ""}`)).toBeUndefined();
  const last = await left.open(`sha256:${digests[9] ?? ""}`);
  expect(last?.size).toBe(1000);
  await last?.close();
});

test("verifies every entry, deletes the wrong ones, and leaves the order of use alone", async () => {
  const { digests, directory, root } = await filled();
  const file = (name: string, key: string): string =>
    createDiskStore({ directory: path.join(root, name), maxBytes: 1 }).locate(key) ?? "";
  writeFileSync(file("manifests", `sha256:${digests[3] ?? ""}`), "wrong");
  writeFileSync(file("content", digests[5] ?? ""), "wrong");
  await createDiskStore({ directory: path.join(root, "content"), maxBytes: 1e9 }).put("no hash", [
    Buffer.from("x"),
  ]);
  const uses = async (): Promise<number[]> => {
    const times: number[] = [];
    const store = createDiskStore({ directory: path.join(root, "manifests"), maxBytes: 1 });
    for await (const { usedAt } of store.entries()) times.push(usedAt);
    return times.toSorted((a, b) => a - b);
  };
  const found = await directory.verify();
  const before = await uses();
  expect(found.map(({ name, good, bad }) => [name, good, bad.toSorted()])).toEqual([
    ["refs", 1, []],
    ["manifests", 9, [`sha256:${digests[3] ?? ""}`]],
    ["indexes", 0, []],
    ["content", 9, [digests[5] ?? "", "no hash"].toSorted()],
    ["blocks", 0, []],
  ]);
  const again = await directory.verify();
  expect(again.flatMap(({ bad }) => bad)).toEqual([]);
  expect(await uses()).toEqual(before);
});

test("counts, verifies and prunes chunks among the blocks", async () => {
  const root = await scratchDirectory();
  const caches = createCaches({ directory: root });
  const chunks = [1, 2, 3].map((i) => Buffer.alloc(2_000_000, i));
  const keys = chunks.map((one) => createHash("sha256").update(one).digest());
  for (const [i, chunk] of chunks.entries()) await caches.chunks?.put(keys[i] ?? chunk, [chunk]);
  const source = {
    id: "a",
    size: 1000,
    async *read() {
      yield new Uint8Array(1000);
    },
  };
  for await (const piece of caches.blocks.wrap(source).read({ offset: 0, length: 1000 }))
    expect(piece).toHaveLength(1000);
  await caches.flush();
  const directory = openCacheDirectory(root);
  const blocks = async () => (await directory.status()).find(({ name }) => name === "blocks");
  expect(await blocks()).toMatchObject({ files: 4, bytes: 6_000_000 + 1000 + 32 });
  const store = createDiskStore({ directory: path.join(root, "blocks"), maxBytes: 1e9 });
  const wrong = keys[1]?.toString("hex") ?? "";
  writeFileSync(store.locate(wrong) ?? "", "wrong");
  const found = await directory.verify();
  expect(found.find(({ name }) => name === "blocks")).toEqual({ name: "blocks", good: 3, bad: [wrong] });
  expect(await blocks()).toMatchObject({ files: 3 });
  await directory.prune(2_500_000);
  expect((await blocks())?.bytes).toBeLessThanOrEqual(2_500_000);
  expect((await directory.clear(["blocks"]))[0]?.files).toBeGreaterThan(0);
  expect(await caches.chunks?.get(keys[0] ?? Buffer.alloc(32))).toBeUndefined();
});

test("a link in place of a cache is not followed", async () => {
  const scratch = await scratchDirectory();
  const outside = path.join(scratch, "outside");
  await mkdir(path.join(outside, "ab"), { recursive: true });
  await writeFile(path.join(outside, "ab", "key"), "mine");
  const root = path.join(scratch, "root");
  await mkdir(root);
  await symlink(outside, path.join(root, "content"));
  const directory = openCacheDirectory(root);
  await expect(directory.status()).rejects.toMatchObject({ code: "UnsafeDirectory" });
  await expect(directory.prune(0)).rejects.toMatchObject({ code: "UnsafeDirectory" });
  await expect(directory.clear()).rejects.toMatchObject({ code: "UnsafeDirectory" });
  expect(existsSync(path.join(outside, "ab", "key"))).toBe(true);
});
