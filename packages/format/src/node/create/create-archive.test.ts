import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Archive } from "../../archive.js";
import { openArchive } from "../../reading/archive-reader.js";
import { bufferSource } from "../../sources/buffer-source.js";
import { noise, text } from "../../testing/sample-content.js";
import { scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { createArchive } from "./create-archive.js";
import type { CreatedArchive, CreateOptions } from "./create-options.js";

interface Made extends CreatedArchive {
  readonly bytes: Buffer;
  readonly archive: Archive;
}

async function make(directory: string, options?: CreateOptions): Promise<Made> {
  const chunks: Uint8Array[] = [];
  const created = await createArchive(directory, { write: (chunk) => void chunks.push(chunk) }, options);
  const bytes = Buffer.concat(chunks);
  return { ...created, bytes, archive: openArchive(created.index.bytes, bufferSource(bytes)) };
}

const digest = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const entryOf = (archive: Archive, path: string) => {
  const entry = archive.entry(path);
  if (entry === undefined) throw new Error(`${path} is missing`);
  return entry;
};

describe("createArchive", () => {
  test("gives back every file, byte by byte, in byte order", async () => {
    const tree: Record<string, string | Uint8Array> = {
      "a-b": "",
      "a.txt": text(5000),
      "a/b": noise(3000),
      "a/c/big": Buffer.concat([noise(3_000_000), Buffer.from(text(6_000_000))]),
      "é/ü": "umlaut",
      "\uFB01": text(1024),
      "\u{1F600}/smile": text(1023),
    };
    const root = await writeTree(await scratchDirectory(), tree);
    for (const compression of ["zstd", "none"] as const) {
      const { archive, bytes, data, index, files, size } = await make(root, { compression });
      expect([...archive.entries()].map(({ path }) => path)).toEqual(Object.keys(tree));
      for (const [path, content] of Object.entries(tree)) {
        expect(Buffer.from(await archive.readFile(path)).equals(Buffer.from(content)), path).toBe(true);
      }
      expect(data).toEqual({ size: bytes.length, digest: digest(bytes) });
      expect(index).toMatchObject({ size: index.bytes.length, digest: digest(index.bytes) });
      expect(Buffer.from(archive.dataHash ?? []).toString("hex")).toBe(data.digest.slice("sha256:".length));
      expect(files).toBe(7);
      expect(size).toBe(Object.values(tree).reduce((sum, content) => sum + Buffer.byteLength(content), 0));
    }
  });

  test("gives back any tree of small files", async () => {
    const name = fc
      .stringMatching(/^[a-zé\u{1F600}\uFB01.-]{1,5}$/u)
      .filter((part) => !/^\.{1,2}$/.test(part));
    const tree = fc.dictionary(
      fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")),
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(6000).map((size) => Buffer.from(text(size))),
      ),
      { maxKeys: 8, noNullPrototype: true },
    );
    const consistent = tree.filter((files) => {
      const paths = Object.keys(files);
      return !paths.some((path) => paths.some((other) => other.startsWith(`${path}/`)));
    });
    await fc.assert(
      fc.asyncProperty(consistent, fc.constantFrom("zstd", "none"), async (files, compression) => {
        const { archive } = await make(await writeTree(await scratchDirectory(), files), { compression });
        expect(archive.entryCount).toBe(Object.keys(files).length);
        for (const [path, content] of Object.entries(files)) {
          expect(Buffer.from(await archive.readFile(path)).equals(content)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("an empty directory is an empty archive", async () => {
    const { archive, bytes, files } = await make(await scratchDirectory());
    expect([archive.entryCount, bytes.length, files]).toEqual([0, 0, 0]);
  });

  test("stores as they are: small files, compressed formats, and what does not get smaller", async () => {
    const root = await writeTree(await scratchDirectory(), {
      small: text(1000),
      "photo.jpg": text(5000),
      noise: noise(5000),
      text: text(5000),
      empty: "",
      "large-noise": noise(4_300_000),
      "large-text": text(4_300_000),
    });
    const { archive } = await make(root);
    const stored = [...archive.entries()].map(({ path, compression, size, storedSize }) => {
      return [path, compression, storedSize < size];
    });
    expect(stored).toEqual([
      ["empty", "none", false],
      ["large-noise", "none", false],
      ["large-text", "zstd", true],
      ["noise", "none", false],
      ["photo.jpg", "none", false],
      ["small", "none", false],
      ["text", "zstd", true],
    ]);
  });

  test("the caller's predicates replace the default ones, and any that says skip wins", async () => {
    const root = await writeTree(await scratchDirectory(), {
      a: text(500),
      b: text(500),
      "c.zip": text(500),
    });
    const skipCompression = [() => false, (path: string) => path === "b"];
    const { archive } = await make(root, { skipCompression });
    expect([...archive.entries()].map(({ compression }) => compression)).toEqual(["zstd", "none", "zstd"]);
  });

  test("stores equal content once, unless it is told not to", async () => {
    const twice = noise(4_500_000);
    const root = await writeTree(await scratchDirectory(), {
      a: text(3000),
      b: noise(3000),
      "c/a": text(3000),
      "d.bin": twice,
      "e.bin": twice,
      // Same size and samples, other content.
      "f.bin": Buffer.concat([twice.subarray(0, 1_000_000), Buffer.from("x"), twice.subarray(1_000_001)]),
      "g.zip": text(3000),
    });
    const { archive, bytes } = await make(root);
    expect(entryOf(archive, "c/a").dataOffset).toBe(entryOf(archive, "a").dataOffset);
    expect(entryOf(archive, "e.bin").dataOffset).toBe(entryOf(archive, "d.bin").dataOffset);
    expect(entryOf(archive, "f.bin").dataOffset).not.toBe(entryOf(archive, "d.bin").dataOffset);
    // A file that is to be stored as it is does not share the bytes of one that is compressed.
    expect(entryOf(archive, "g.zip").compression).toBe("none");
    for (const entry of archive.entries()) await archive.readFile(entry.path);
    const apart = await make(root, { deduplicate: false });
    expect(apart.bytes.length).toBe(bytes.length + twice.length + entryOf(archive, "a").storedSize);
    for (const entry of apart.archive.entries()) await apart.archive.readFile(entry.path);
  });

  test("keeps mode, owner and time to the nanosecond; times before 1970 too", async () => {
    const root = await writeTree(await scratchDirectory(), { run: "x", old: "y" });
    chmodSync(join(root, "run"), 0o4751);
    utimesSync(join(root, "old"), new Date(0), new Date(-1_500_000));
    const { archive } = await make(root);
    expect(entryOf(archive, "run").mode).toBe(0o751);
    expect(entryOf(archive, "old").mtimeNs).toBe(-1_500_000_000_000n);
    expect(entryOf(archive, "run").uid).toBe(process.getuid?.() ?? 0);
  });

  test("is reproducible when asked: equal bytes for equal trees at other times", async () => {
    const tree = { a: text(3000), "b/c": noise(100) };
    const made = await Promise.all(
      [1, 2].map(async (day) => {
        const root = await writeTree(await scratchDirectory(), tree);
        utimesSync(join(root, "a"), new Date(day * 86_400_000), new Date(day * 86_400_000));
        return make(root, { reproducible: { sourceDateEpoch: 1_700_000_000 } });
      }),
    );
    expect(made[0]?.index.digest).toBe(made[1]?.index.digest);
    expect(made[0]?.data.digest).toBe(made[1]?.data.digest);
    const [first] = made.map(({ archive }) => entryOf(archive, "a"));
    expect(first).toMatchObject({ mtimeNs: 1_700_000_000_000_000_000n, uid: 0, gid: 0 });
  });

  test("reports what was skipped", async () => {
    const root = await writeTree(await scratchDirectory(), { a: "x" });
    symlinkSync("a", join(root, "link"));
    expect((await make(root)).skipped).toEqual([{ path: "link", reason: "symbolic-link" }]);
  });

  test("tells how far it is, up to the end", async () => {
    const root = await writeTree(await scratchDirectory(), {
      a: text(2000),
      b: text(9_000_000),
      c: text(10),
    });
    const events: unknown[] = [];
    let last = 0;
    await make(root, {
      onProgress: (event) => {
        expect(event.bytesDone).toBeGreaterThanOrEqual(last);
        last = event.bytesDone;
        events.push(event.stage);
      },
    });
    expect(last).toBe(9_002_010);
    expect(events.length).toBeGreaterThan(4);
    expect(new Set(events)).toEqual(new Set(["compressing"]));
  });

  test("waits for a slow sink, and takes no more than a little ahead of it", async () => {
    const root = await writeTree(await scratchDirectory(), { big: noise(40_000_000) });
    let writing = 0;
    let taken = 0;
    await createArchive(root, {
      async write(chunk) {
        expect(++writing).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        taken += chunk.length;
        writing--;
      },
    });
    expect(taken).toBe(40_000_000);
  });

  test("passes on what the sink throws", async () => {
    const root = await writeTree(await scratchDirectory(), { a: noise(9_000_000), b: "x" });
    const broken = new Error("the sink is full");
    await expect(createArchive(root, { write: () => Promise.reject(broken) })).rejects.toBe(broken);
    await expect(
      createArchive(root, {
        write() {
          throw broken;
        },
      }),
    ).rejects.toBe(broken);
  });

  test("throws the signal's reason at whichever write it is aborted", async () => {
    const root = await writeTree(await scratchDirectory(), {
      a: noise(2000),
      b: noise(13_000_000),
      c: "end",
    });
    for (let stopAt = 1; stopAt <= 5; stopAt++) {
      const abort = new AbortController();
      const reason = new Error(`stop at ${stopAt}`);
      let writes = 0;
      const write = (): void => {
        if (++writes === stopAt) abort.abort(reason);
      };
      await expect(createArchive(root, { write }, { signal: abort.signal })).rejects.toBe(reason);
    }
    await expect(make(root, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });

  test.each([
    [{ level: 23 }, /level/],
    [{ level: 1.5 }, /level/],
    [{ maxFiles: -1 }, /maxFiles/],
    [{ maxFiles: Number.NaN }, /maxFiles/],
    [{ workers: -1 }, /workers/],
    [{ reproducible: { sourceDateEpoch: 0.5 } }, /sourceDateEpoch/],
  ])("refuses %j", async (options: CreateOptions, message) => {
    const making = make(await scratchDirectory(), options);
    await expect(making).rejects.toMatchObject({ code: "InvalidArgument" });
    await expect(making).rejects.toThrow(message);
  });
});

describe("a file that changes while it is archived", () => {
  const cases: readonly [string, (file: string) => void][] = [
    ["grows", (file) => appendFileSync(file, "more")],
    ["shrinks", (file) => truncateSync(file, 10)],
    ["gets another time", (file) => utimesSync(file, new Date(1000), new Date(1000))],
    ["gets another mode", (file) => chmodSync(file, 0o600)],
    [
      "is replaced",
      (file) => {
        writeFileSync(`${file}.new`, noise(9_000_000));
        renameSync(`${file}.new`, file);
      },
    ],
    ["disappears", (file) => rmSync(file)],
  ];

  const changed = async (change: (file: string) => void, options: CreateOptions): Promise<unknown> => {
    const root = await writeTree(await scratchDirectory(), { "big.bin": noise(9_000_000) });
    let done = false;
    const write = (): void => {
      if (!done) change(join(root, "big.bin"));
      done = true;
    };
    return createArchive(root, { write }, options);
  };

  test.each(cases)("is an error in strict mode when it %s", async (_name, change) => {
    await expect(changed(change, { changeDetection: "strict" })).rejects.toMatchObject({
      code: "FileChanged",
      path: "big.bin",
    });
  });

  test.each(cases)("is stored as it was read otherwise when it %s", async (_name, change) => {
    await expect(changed(change, {})).resolves.toMatchObject({ files: 1 });
  });

  test("is an error in any mode when it is gone or no file any more before it is opened", async () => {
    for (const replace of [
      (file: string) => rmSync(file),
      (file: string) => {
        rmSync(file);
        symlinkSync("/etc/hostname", file);
      },
      (file: string) => {
        rmSync(file);
        mkdirSync(file);
      },
    ]) {
      const root = await writeTree(await scratchDirectory(), { a: noise(6_000_000), b: "small" });
      const write = (): void => replace(join(root, "b"));
      let once = true;
      const making = createArchive(root, {
        write: () => {
          if (once) write();
          once = false;
        },
      });
      await expect(making).rejects.toMatchObject({ code: "FileChanged", path: "b" });
    }
  });
});
