import { appendFileSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { createArchiveFiles } from "../create/create-archive.js";
import { diffDirectory } from "../sync/diff-directory.js";
import { openLocalArchive } from "./archive-files.js";
import { saveArchive } from "../create/save.js";

const tree = { "a.txt": "text ".repeat(1000), "b/c": "c", "large.bin": "0123456789".repeat(500_000) };

async function sample(): Promise<{ readonly root: string; readonly out: string }> {
  const root = await writeTree(await scratchDirectory(), tree);
  const out = join(await scratchDirectory(), "archive");
  await createArchiveFiles(root, out);
  return { root, out };
}

describe("createArchiveFiles", () => {
  test("writes index.blob and data.blob, and nothing else", async () => {
    const root = await writeTree(await scratchDirectory(), tree);
    const out = join(await scratchDirectory(), "new/out");
    const created = await createArchiveFiles(root, out);
    expect(readdirSync(out).toSorted()).toEqual(["data.blob", "index.blob"]);
    expect(created).toMatchObject({
      files: 3,
      indexPath: join(out, "index.blob"),
      dataPath: join(out, "data.blob"),
    });
    expect(readFileSync(created.indexPath).equals(created.index.bytes)).toBe(true);
    expect(readFileSync(created.dataPath).length).toBe(created.data.size);
  });

  test("replaces an archive that is there", async () => {
    const { root, out } = await sample();
    writeFileSync(join(root, "new"), "new");
    await createArchiveFiles(root, out);
    await using archive = await openLocalArchive(out);
    expect(await archive.readFile("new", "utf8")).toBe("new");
  });

  test("does not archive itself when it lies in the directory", async () => {
    const root = await writeTree(await scratchDirectory(), tree);
    for (const out of [root, join(root, "b")]) {
      await createArchiveFiles(root, out);
      const again = await createArchiveFiles(root, out);
      const prefix = out === root ? "" : "b/";
      expect(again.skipped).toEqual([
        { path: `${prefix}data.blob`, reason: "output" },
        { path: `${prefix}index.blob`, reason: "output" },
      ]);
      await using archive = await openLocalArchive(out);
      expect(archive.isFile(`${prefix}index.blob`)).toBe(false);
    }
  });

  test("after a failure or an abort the archive that was there is still there, and nothing temporary", async () => {
    const { root, out } = await sample();
    const before = readFileSync(join(out, "index.blob"));
    const abort = new AbortController();
    const failing = [
      createArchiveFiles(root, out, { maxFiles: 1 }),
      createArchiveFiles(root, out, { signal: abort.signal, onProgress: () => abort.abort("enough") }),
      createArchiveFiles(root, out, {
        onProgress() {
          throw new Error("broken progress bar");
        },
      }),
    ];
    const outcomes = await Promise.allSettled(failing);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(readdirSync(out).toSorted()).toEqual(["data.blob", "index.blob"]);
    expect(readFileSync(join(out, "index.blob")).equals(before)).toBe(true);
  });

  test("names a place where it cannot write", async () => {
    const root = await writeTree(await scratchDirectory(), tree);
    const file = join(root, "a.txt");
    await expect(createArchiveFiles(root, join(file, "out"))).rejects.toMatchObject({
      code: "FileSystem",
      path: join(file, "out"),
    });
  });
});

describe("openLocalArchive", () => {
  test("opens a directory, or two files of any name, and reads what is asked for", async () => {
    const { out } = await sample();
    const moved = { index: join(out, "i"), data: join(out, "d") };
    copyFileSync(join(out, "index.blob"), moved.index);
    copyFileSync(join(out, "data.blob"), moved.data);
    for (const location of [out, moved]) {
      await using archive = await openLocalArchive(location);
      expect(await archive.readFile("a.txt", "utf8")).toBe(tree["a.txt"]);
      expect(await archive.readFile("large.bin", "utf8")).toBe(tree["large.bin"]);
    }
  });

  test("refuses an index over the limit before reading it, and data of another size", async () => {
    const { out } = await sample();
    await expect(openLocalArchive(out, { limits: { maxIndexBytes: 100 } })).rejects.toMatchObject({
      code: "SizeExceeded",
      path: join(out, "index.blob"),
    });
    appendFileSync(join(out, "data.blob"), "x");
    await expect(openLocalArchive(out)).rejects.toMatchObject({ code: "SourceMismatch" });
    await expect(openLocalArchive(join(out, "missing"))).rejects.toMatchObject({ code: "NotFound" });
  });

  test("throws the signal's reason", async () => {
    const { out } = await sample();
    await expect(openLocalArchive(out, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });
});

describe("saveArchive", () => {
  test("writes the same bytes", async () => {
    const { out } = await sample();
    await using archive = await openLocalArchive(out);
    const copy = join(await scratchDirectory(), "copy");
    let last = 0;
    const saved = await saveArchive(archive, copy, {
      onProgress: ({ bytesDone }) => void (last = bytesDone),
    });
    expect(saved).toEqual({ indexPath: join(copy, "index.blob"), dataPath: join(copy, "data.blob") });
    expect(readFileSync(saved.dataPath).equals(readFileSync(join(out, "data.blob")))).toBe(true);
    expect(readFileSync(saved.indexPath).equals(readFileSync(join(out, "index.blob")))).toBe(true);
    expect(last).toBe(archive.dataSize);
  });

  test("leaves nothing when the data is not what the index promises, or ends early, or never ends", async () => {
    const { out } = await sample();
    const data = readFileSync(join(out, "data.blob"));
    data[5] = (data[5] ?? 0) ^ 1;
    await using archive = await openLocalArchive(out);
    const give = (chunks: readonly Uint8Array[]) => ({
      ...archive,
      data: {
        id: "x",
        size: data.length,
        async *read() {
          yield* chunks;
        },
      },
    });
    for (const broken of [
      give([data]),
      give([data.subarray(0, 10)]),
      give([readFileSync(join(out, "data.blob")), data]),
    ]) {
      const copy = await scratchDirectory();
      await expect(saveArchive(broken, copy)).rejects.toMatchObject({ code: "SourceMismatch" });
      expect(readdirSync(copy)).toEqual([]);
    }
  });
});

describe("diffDirectory", () => {
  test("finds no difference to the directory that was archived", async () => {
    const { root, out } = await sample();
    await using archive = await openLocalArchive(out);
    expect(await diffDirectory(archive, root)).toEqual({ added: [], removed: [], changed: [], skipped: [] });
  });

  test("finds what was added, removed and changed: by size, and by content of equal size", async () => {
    const { out } = await sample();
    await using archive = await openLocalArchive(out);
    const other = await writeTree(await scratchDirectory(), {
      "a.txt": `${tree["a.txt"].slice(1)}x`,
      "large.bin": `${tree["large.bin"].slice(1)}x`,
      "b/d": "",
      z: "",
    });
    expect(await diffDirectory(archive, other)).toEqual({
      added: ["b/d", "z"],
      removed: ["b/c"],
      changed: ["a.txt", "large.bin"],
      skipped: [],
    });
    await writeTree(other, { "large.bin": "longer".repeat(1_000_000) });
    expect((await diffDirectory(archive, other)).changed).toEqual(["a.txt", "large.bin"]);
  });

  test("throws the signal's reason", async () => {
    const { root, out } = await sample();
    await using archive = await openLocalArchive(out);
    await expect(diffDirectory(archive, root, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });
});
