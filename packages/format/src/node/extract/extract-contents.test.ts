import { createHash } from "node:crypto";
import { copyFileSync, linkSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { openArchive } from "../../reading/archive-reader.js";
import { bufferSource } from "../../sources/buffer-source.js";
import type { ByteSource } from "../../sources/byte-source.js";
import { collectBytes } from "../../testing/collect.js";
import { text } from "../../testing/sample-content.js";
import { readTree, scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import type { Tree } from "../../testing/scratch-directory.js";
import type { ContentStore } from "./content-store.js";
import { createArchive } from "../create/create-archive.js";
import { extractArchive } from "./extract.js";

const tree = { "a/one": "same", "a/two": "same", b: "other", "big.bin": text(9_000_000), empty: "" };
const onLinux = process.platform === "linux";

async function archiveOf(
  files: Tree,
): Promise<{ archive: ReturnType<typeof openArchive>; reads: () => number }> {
  const chunks: Uint8Array[] = [];
  const root = await writeTree(await scratchDirectory(), files);
  const { index } = await createArchive(root, { write: (chunk) => void chunks.push(chunk) });
  const source = bufferSource(Buffer.concat(chunks));
  let reads = 0;
  const counting: ByteSource = {
    ...source,
    read(range, options) {
      reads++;
      return source.read(range, options);
    },
  };
  const taken = (): number => {
    const count = reads;
    reads = 0;
    return count;
  };
  return { archive: openArchive(index.bytes, counting), reads: taken };
}

/** Files named by their hashes. */
async function storeOf(): Promise<ContentStore & { readonly puts: string[] }> {
  const directory = await scratchDirectory();
  const puts: string[] = [];
  const fileOf = (hash: Uint8Array): string => join(directory, Buffer.from(hash).toString("hex"));
  const read = (hash: Uint8Array): Buffer | undefined => {
    try {
      return readFileSync(fileOf(hash));
    } catch {
      return undefined;
    }
  };
  return {
    puts,
    get: (hash) => Promise.resolve(read(hash)),
    open(hash) {
      const bytes = read(hash);
      async function* chunks(): AsyncGenerator<Uint8Array> {
        if (bytes !== undefined) yield bytes;
      }
      const content = bytes && { size: bytes.length, read: chunks, close: () => Promise.resolve() };
      return Promise.resolve(content);
    },
    writeTo(hash, file, { by } = {}) {
      if (read(hash) === undefined) return Promise.resolve(false);
      (by === "link" ? linkSync : copyFileSync)(fileOf(hash), file);
      return Promise.resolve(true);
    },
    async put(hash, body) {
      const bytes = await collectBytes(body);
      puts.push(Buffer.from(bytes.subarray(0, 10)).toString());
      if (createHash("sha256").update(bytes).digest().equals(hash)) writeFileSync(fileOf(hash), bytes);
    },
  };
}

test("fills a store, each content once, and takes everything from it then", async () => {
  const { archive, reads } = await archiveOf(tree);
  const contents = await storeOf();
  for (const workers of [0, 1]) {
    const out = await scratchDirectory();
    expect(await extractArchive(archive, out, { contents, workers })).toMatchObject({ files: 5 });
    expect(reads()).toBe(workers === 0 ? 2 : 0);
    expect(await readTree(out)).toEqual({ ...tree, "a/": "" });
  }
  expect(contents.puts).toHaveLength(3);
});

test("counts progress the same, cold and warm", async () => {
  const { archive } = await archiveOf(tree);
  const contents = await storeOf();
  for (const _ of [1, 2]) {
    let last = {};
    await extractArchive(archive, await scratchDirectory(), { contents, onProgress: (now) => (last = now) });
    expect(last).toMatchObject({ bytesDone: 9_000_013, bytesTotal: 9_000_013, filesDone: 5, filesTotal: 5 });
  }
});

test("links where a name is free, and never changes a stored file", async () => {
  const { archive } = await archiveOf(tree);
  const changed = await archiveOf({ ...tree, "a/two": "new", "0": "same" });
  const contents = await storeOf();
  const out = await scratchDirectory();
  await extractArchive(archive, await scratchDirectory(), { contents });
  await extractArchive(archive, out, { contents, contentsBy: "link" });
  const links = (path: string): number => statSync(join(out, path)).nlink;
  if (onLinux) expect([links("a/one"), links("a/two"), links("b"), links("empty")]).toEqual([3, 3, 2, 1]);
  // What is there is replaced by files of its own, also where it was a name of a file that is linked now.
  await extractArchive(changed.archive, out, { contents, contentsBy: "link", overwrite: true });
  expect(await readTree(out)).toEqual({ ...tree, "a/": "", "a/two": "new", "0": "same" });
  if (onLinux) expect([links("0"), links("a/one"), links("b")]).toEqual([2, 1, 1]);
  const kept = await scratchDirectory();
  await extractArchive(archive, kept, { contents, contentsBy: "link", preserveTimes: true });
  expect(statSync(join(kept, "b")).nlink).toBe(1);
  expect(statSync(join(kept, "b")).mtimeMs).toBeCloseTo(Number(archive.entry("b")?.mtimeNs ?? 0n) / 1e6, 0);
});

test("does without a store that fails, or has something of another size", async () => {
  const { archive, reads } = await archiveOf(tree);
  const fail = (): Promise<never> => Promise.reject(new Error("EIO"));
  const failing: ContentStore = { get: fail, open: fail, writeTo: fail, put: fail };
  const short: ContentStore = {
    get: () => Promise.resolve(Buffer.from("x")),
    open: () =>
      Promise.resolve({
        size: 1,
        read: () => bufferSource(Buffer.from("x")).read({ offset: 0, length: 1 }),
        close: () => Promise.resolve(),
      }),
    async writeTo(_hash, file) {
      writeFileSync(file, "x");
      linkSync(file, `${file}.more`);
      return true;
    },
    put: () => Promise.resolve(),
  };
  for (const contents of [failing, short]) {
    for (const contentsBy of ["copy", "link"] as const) {
      const out = await scratchDirectory();
      await extractArchive(archive, out, { contents, contentsBy });
      const written = Object.entries(await readTree(out)).filter(([path]) => !path.endsWith(".more"));
      expect(Object.fromEntries(written)).toEqual({ ...tree, "a/": "" });
      expect(reads()).toBe(2);
    }
  }
});

test("an abort while a store is asked is thrown, and leaves no file", async () => {
  const { archive } = await archiveOf(tree);
  const controller = new AbortController();
  const reason = new Error("enough");
  const contents: ContentStore = {
    ...(await storeOf()),
    get() {
      controller.abort(reason);
      return Promise.reject(reason);
    },
  };
  const out = await scratchDirectory();
  const extracting = extractArchive(archive, out, { contents, signal: controller.signal });
  await expect(extracting).rejects.toBe(reason);
  expect(await readTree(out)).toEqual({});
});

test.each(["copy", "clone", "link"] as const)(
  "counts exactly what exists and what is written, by %s",
  async (by) => {
    const { archive } = await archiveOf(tree);
    const contents = await storeOf();
    await extractArchive(archive, await scratchDirectory(), { contents });
    const target = await writeTree(await scratchDirectory(), { "a/one": "mine", empty: "mine" });
    let isFirst = true;
    const result = await extractArchive(archive, target, {
      contents,
      contentsBy: by,
      onProgress() {
        if (isFirst) writeFileSync(join(target, "big.bin"), "mine", { flag: "a" });
        isFirst = false;
      },
    });
    const mine = Object.entries(await readTree(target)).filter(([, content]) => content === "mine");
    expect(result.skipped.toSorted()).toEqual(mine.map(([path]) => path).toSorted());
    expect(result.files + result.skipped.length).toBe(5);
    const left = result.skipped.reduce((sum, path) => sum + (archive.entry(path)?.size ?? 0), 0);
    expect(result.size).toBe(archive.directoryStats().size - left);
  },
);
