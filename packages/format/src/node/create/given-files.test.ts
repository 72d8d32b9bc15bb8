import { createHash } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compilePackage } from "@blob/testing";

import { openArchive } from "../../reading/archive-reader.js";
import { bufferSource } from "../../sources/buffer-source.js";
import { noise, text } from "../../testing/sample-content.js";
import { scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import type * as nodeModule from "../index.js";
import type { ArchiveFile, ArchiveInput } from "./archive-file.js";
import { createArchive } from "./create-archive.js";
import { createArchiveFiles } from "./create-archive.js";
import type { CreatedArchive, CreateOptions } from "./create-options.js";

const reproducible = { sourceDateEpoch: 1_700_000_000 };

interface Made extends CreatedArchive {
  readonly bytes: Buffer;
}

async function make(input: ArchiveInput, options?: CreateOptions): Promise<Made> {
  const chunks: Uint8Array[] = [];
  const created = await createArchive(input, { write: (chunk) => void chunks.push(chunk) }, options);
  return { ...created, bytes: Buffer.concat(chunks) };
}

const digests = ({ index, data }: CreatedArchive): readonly string[] => [index.digest, data.digest];

async function* inPieces(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  // One buffer for all pieces, as some sources have.
  const piece = new Uint8Array(size);
  for (let at = 0; at < content.length; at += size) {
    const part = content.subarray(at, at + size);
    piece.set(part);
    yield piece.subarray(0, part.length);
    piece.fill(0xff);
  }
}

const kinds = ["bytes", "iterable", "web stream", "node stream", "file"] as const;

/** The same content in one of the ways to give it. */
function contentAs(kind: (typeof kinds)[number], bytes: Uint8Array, file: string): ArchiveFile["content"] {
  switch (kind) {
    case "bytes":
      return bytes;
    case "iterable":
      return inPieces(bytes, Math.max(7, bytes.length >> 2));
    case "web stream":
      return new Blob([new Uint8Array(bytes)]).stream();
    case "node stream":
      return Readable.from([Buffer.from(bytes)], { objectMode: false });
    case "file":
      return { file };
    default:
      return kind satisfies never;
  }
}

async function* oneByOne<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}

describe("files that are given", () => {
  test("are the archive of a directory with the same files, in any order and however they are given", async () => {
    const name = fc
      .stringMatching(/^[a-zé\u{1F600}\uFB01.-]{1,5}$/u)
      .filter((part) => !/^\.{1,2}$/.test(part));
    const file = fc.record({
      content: fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(6000).map((size) => new Uint8Array(Buffer.from(text(size)))),
      ),
      mode: fc.constantFrom(0o644, 0o755, 0o600),
      kind: fc.constantFrom(...kinds),
      order: fc.nat(),
    });
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    const tree = fc.dictionary(path, file, { maxKeys: 10, noNullPrototype: true }).filter((files) => {
      const paths = Object.keys(files);
      return !paths.some((one) => paths.some((other) => other.startsWith(`${one}/`)));
    });
    const way = fc.constantFrom("array", "set", "async");
    await fc.assert(
      fc.asyncProperty(tree, way, fc.boolean(), async (files, how, deduplicate) => {
        const entries = Object.entries(files);
        const root = await writeTree(
          await scratchDirectory(),
          Object.fromEntries(entries.map(([at, { content }]) => [at, content])),
        );
        for (const [at, { mode }] of entries) chmodSync(join(root, at), mode);
        const given = entries
          .toSorted(([, a], [, b]) => a.order - b.order)
          .map(([at, { content, mode, kind }]): ArchiveFile => {
            const source = contentAs(kind, content, join(root, at));
            return kind === "file" ? { path: at, content: source } : { path: at, content: source, mode };
          });
        const input = how === "array" ? given : how === "set" ? new Set(given) : oneByOne(given);
        const options = { reproducible, deduplicate };
        const fromFiles = await make(input, options);
        const fromDirectory = await make(root, options);
        expect(digests(fromFiles)).toEqual(digests(fromDirectory));
        expect(fromFiles.bytes.equals(fromDirectory.bytes)).toBe(true);
        expect([fromFiles.files, fromFiles.size]).toEqual([fromDirectory.files, fromDirectory.size]);
      }),
      { numRuns: 40 },
    );
  });

  test("may be large: they are cut, sampled and stored once as files of a directory are", async () => {
    const tree: Record<string, Uint8Array> = {
      "a/large.txt": Buffer.from(text(4_500_000)),
      "b/large.bin": noise(4_300_000),
      "c/same.txt": Buffer.from(text(4_500_000)),
      small: Buffer.from("small"),
    };
    const root = await writeTree(await scratchDirectory(), tree);
    const expected = digests(await make(root, { reproducible }));
    for (const kind of kinds) {
      const files = Object.entries(tree)
        .toReversed()
        .map(([path, bytes]) => ({ path, content: contentAs(kind, bytes, join(root, path)) }));
      expect(digests(await make(files, { reproducible })), `${kind}, array`).toEqual(expected);
      const again = Object.entries(tree).map(([path, bytes]) => ({
        path,
        content: contentAs(kind, bytes, join(root, path)),
      }));
      expect(digests(await make(oneByOne(again), { reproducible })), `${kind}, one by one`).toEqual(expected);
    }
  });

  test("may be more than memory is to hold: the rest goes through a temporary file that has no name", async () => {
    const temporaryDirectory = await scratchDirectory();
    const content = (index: number): Uint8Array => noise(2_000_000, String(index));
    async function* files(): AsyncGenerator<ArchiveFile> {
      for (let index = 40; index > 0; index--) {
        await Promise.resolve();
        yield { path: `f${index}`, content: content(index) };
      }
    }
    const seen = new Set<string>();
    const { bytes, index } = await make(files(), {
      temporaryDirectory,
      onProgress: () => readdirSync(temporaryDirectory).forEach((found) => seen.add(found)),
    });
    if (process.platform !== "win32") expect([...seen]).toEqual([]);
    expect(readdirSync(temporaryDirectory)).toEqual([]);
    const archive = openArchive(index.bytes, bufferSource(bytes));
    for (const at of [1, 20, 40])
      expect(Buffer.from(await archive.readFile(`f${at}`)).equals(content(at))).toBe(true);
    expect(archive.entryCount).toBe(40);
  });

  test("have the facts that are given, else those of a file on disk, else none", async () => {
    const root = await writeTree(await scratchDirectory(), { "on-disk": "here" });
    chmodSync(join(root, "on-disk"), 0o640);
    utimesSync(join(root, "on-disk"), 1_000_000_000, 1_000_000_000);
    const { uid, gid } = lstatSync(join(root, "on-disk"));
    symlinkSync("on-disk", join(root, "link"));
    const bytes = Buffer.from("bytes");
    const {
      index,
      bytes: data,
      modeBitsDropped,
    } = await make([
      { path: "b", content: bytes },
      { path: "given", content: bytes, mode: 0o104755, mtime: new Date(5), uid: 7, gid: 8 },
      { path: "precise", content: bytes, mtime: -3n },
      { path: "disk", content: { file: join(root, "on-disk") } },
      { path: "linked", content: { file: join(root, "link") }, mode: 0o600, mtime: 9n },
    ]);
    const archive = openArchive(index.bytes, bufferSource(data));
    const facts = [...archive.entries()].map((entry) => [
      entry.path,
      entry.mode,
      entry.mtimeNs,
      entry.uid,
      entry.gid,
    ]);
    expect(facts).toEqual([
      ["b", 0o644, 0n, 0, 0],
      ["disk", 0o640, 1_000_000_000_000_000_000n, uid, gid],
      ["given", 0o755, 5_000_000n, 7, 8],
      ["linked", 0o600, 9n, uid, gid],
      ["precise", 0o644, -3n, 0, 0],
    ]);
    expect(modeBitsDropped).toEqual([{ path: "given", bits: ["setuid"] }]);
  });

  test("keep facts that are given although the file on disk changed since it was listed", async () => {
    const root = await writeTree(await scratchDirectory(), { a: "before" });
    const file = join(root, "a");
    async function* files(): AsyncGenerator<ArchiveFile> {
      yield { path: "a", content: { file }, mode: 0o711 };
      await Promise.resolve();
      writeFileSync(file, "afterwards");
      utimesSync(file, 77, 77);
    }
    const { index, bytes } = await make(files());
    const archive = openArchive(index.bytes, bufferSource(bytes));
    expect(archive.entry("a")).toMatchObject({ size: 10, mode: 0o711, mtimeNs: 77_000_000_000n });
  });

  test("make the same archive as files, of none at all as well", async () => {
    const out = await scratchDirectory();
    const created = await createArchiveFiles([{ path: "a", content: Buffer.from("a") }], out);
    expect(readdirSync(out).toSorted()).toEqual(["data.blob", "index.blob"]);
    expect(digests(created)).toEqual(digests(await make([{ path: "a", content: Buffer.from("a") }])));
    expect(await make([])).toMatchObject({ files: 0, size: 0, data: { size: 0 }, skipped: [] });
  });

  test("are told to the progress as they come, and as they are written", async () => {
    const stages: string[] = [];
    const files = [1, 2, 3].map((at) => ({ path: `f${at}`, content: Buffer.from(text(at)) }));
    await make(files, {
      onProgress: ({ stage, filesDone, bytesDone, filesTotal }) =>
        stages.push(`${stage} ${filesDone}/${filesTotal}, ${bytesDone}`),
    });
    expect(stages).toEqual([
      "enumerating 1/0, 1",
      "enumerating 2/0, 3",
      "enumerating 3/0, 6",
      "compressing 3/3, 6",
    ]);
  });

  test("give the same bytes in workers, for any number of them", async () => {
    const { createArchive: compiled }: typeof nodeModule = await import(
      new URL("node/index.js", compilePackage("format")).href
    );
    const root = await writeTree(await scratchDirectory(), { disk: text(70_000) });
    const shared = noise(900_000);
    const files = (): ArchiveFile[] => [
      { path: "large", content: Buffer.from(text(5_000_000)) },
      { path: "disk", content: { file: join(root, "disk") }, mode: 0o644, mtime: 0n, uid: 0, gid: 0 },
      { path: "stream", content: inPieces(Buffer.from(text(4_500_000)), 100_000) },
      // Views of one buffer: sending one must not send all.
      ...Array.from({ length: 300 }, (_, at) => ({
        path: `s/${at}`,
        content: shared.subarray(at * 3000, at * 3000 + 3000),
      })),
    ];
    const results = new Set<string>();
    for (const workers of [0, 1, 3]) {
      const hash = createHash("sha256");
      const write = (chunk: Uint8Array): void => void hash.update(chunk);
      const { index, data } = await compiled(files(), { write }, { workers });
      expect(data.digest).toBe(`sha256:${hash.digest("hex")}`);
      results.add(`${index.digest} ${data.digest}`);
      // Nothing of the caller's was taken away.
      expect(shared.length).toBe(900_000);
    }
    expect([...results]).toEqual([digests(await make(files())).join(" ")]);
  });
});

describe("files that cannot be archived", () => {
  const a = Buffer.from("a");
  const bad: readonly (readonly [string, unknown, object])[] = [
    [
      "a path that is given twice",
      [
        { path: "a", content: a },
        { path: "a", content: a },
      ],
      { code: "InvalidArgument", path: "a" },
    ],
    [
      "a file that is also a directory",
      [
        { path: "a/b", content: a },
        { path: "a", content: a },
      ],
      { code: "InvalidArgument", path: "a" },
    ],
    ["a path that leads out", [{ path: "../a", content: a }], { code: "InvalidPath", path: "../a" }],
    ["an absolute path", [{ path: "/a", content: a }], { code: "InvalidPath", path: "/a" }],
    ["a path that is not Unicode", [{ path: "\ud800", content: a }], { code: "InvalidPath" }],
    ["no path", [{ content: a }], { code: "InvalidArgument", message: expect.stringContaining("path") }],
    [
      "text",
      [{ path: "a", content: "text" }],
      { code: "InvalidArgument", path: "a", message: expect.stringContaining("Buffer.from") },
    ],
    ["no content", [{ path: "a" }], { code: "InvalidArgument", path: "a" }],
    [
      "a buffer without a view",
      [{ path: "a", content: new ArrayBuffer(3) }],
      { code: "InvalidArgument", path: "a" },
    ],
    [
      "a stream of text",
      [{ path: "a", content: Readable.from(["text"]) }],
      { code: "InvalidArgument", path: "a" },
    ],
    [
      "a mode that is none",
      [{ path: "a", content: a, mode: 1.5 }],
      { code: "InvalidArgument", path: "a", message: expect.stringContaining("mode") },
    ],
    ["a mode in text", [{ path: "a", content: a, mode: "644" }], { code: "InvalidArgument", path: "a" }],
    ["an owner below zero", [{ path: "a", content: a, uid: -1 }], { code: "InvalidArgument", path: "a" }],
    [
      "a date that is none",
      [{ path: "a", content: a, mtime: new Date("x") }],
      { code: "InvalidArgument", path: "a" },
    ],
    ["a time in a number", [{ path: "a", content: a, mtime: 5 }], { code: "InvalidArgument", path: "a" }],
    [
      "a time that no archive can say",
      [{ path: "a", content: a, mtime: 2n ** 63n }],
      { code: "InvalidArgument", path: "a" },
    ],
    ["something that is no file", [7], { code: "InvalidArgument" }],
    ["nothing", [null], { code: "InvalidArgument" }],
    [
      "a file that is not there",
      [{ path: "a", content: { file: "/nonexistent/x" } }],
      { code: "FileSystem", path: "/nonexistent/x" },
    ],
    ["a directory on disk", [{ path: "a", content: { file: "/" } }], { code: "InvalidArgument", path: "/" }],
    [
      "an input that is no iterable",
      { path: "a" },
      { code: "InvalidArgument", message: expect.stringContaining("iterable") },
    ],
  ];

  test.each(bad)("%s", async (_name, input, error) => {
    await expect(make(input as ArchiveInput)).rejects.toMatchObject({ name: "FormatError", ...error });
  });

  test("too many: nothing more is asked for", async () => {
    let asked = 0;
    let isClosed = false;
    async function* endless(): AsyncGenerator<ArchiveFile> {
      try {
        for (;;) yield { path: `f${asked++}`, content: a };
      } finally {
        await Promise.resolve();
        isClosed = true;
      }
    }
    await expect(make(endless(), { maxFiles: 10 })).rejects.toMatchObject({ code: "TooManyFiles" });
    expect([asked, isClosed]).toEqual([11, true]);
  });

  test.each(["include", "exclude", "ignoreFiles", "symlinks"])("%s is for directories", async (option) => {
    const value = option === "symlinks" ? "skip" : ["x"];
    await expect(make([], { [option]: value })).rejects.toMatchObject({
      code: "InvalidArgument",
      message: expect.stringContaining(option),
    });
  });

  test("what the caller's iterable or stream throws comes through, and what is open is closed", async () => {
    const reason = new Error("mine");
    let isClosed = false;
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield noise(5_000_000);
      await Promise.resolve();
      throw reason;
    }
    async function* files(): AsyncGenerator<ArchiveFile> {
      try {
        yield { path: "a", content: broken() };
        await Promise.resolve();
      } finally {
        isClosed = true;
      }
    }
    const temporaryDirectory = await scratchDirectory();
    await expect(make(files(), { temporaryDirectory })).rejects.toBe(reason);
    expect(isClosed).toBe(true);
    expect(readdirSync(temporaryDirectory)).toEqual([]);
  });

  test("an abort ends the waiting for a stream, and for the next file, that never comes", async () => {
    const never = (): AsyncIterable<never> => ({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    });
    for (const input of [never(), [{ path: "a", content: never() }]]) {
      const abort = new AbortController();
      const making = make(input, { signal: abort.signal });
      const reason = new Error("enough");
      setTimeout(() => abort.abort(reason), 20);
      await expect(making).rejects.toBe(reason);
    }
  });

  test("a file on disk that becomes something else before it is read", async () => {
    const root = await writeTree(await scratchDirectory(), { a: "mine", secret: "not yours" });
    async function* files(change: () => void): AsyncGenerator<ArchiveFile> {
      yield { path: "a", content: { file: join(root, "a") } };
      await Promise.resolve();
      change();
    }
    const becomesLink = (): void => {
      rmSync(join(root, "a"));
      symlinkSync("secret", join(root, "a"));
    };
    await expect(make(files(becomesLink))).rejects.toMatchObject({ code: "FileChanged", path: "a" });
    rmSync(join(root, "a"));
    writeFileSync(join(root, "a"), "mine");
    const becomesDirectory = (): void => {
      rmSync(join(root, "a"));
      mkdirSync(join(root, "a"));
    };
    await expect(make(files(becomesDirectory))).rejects.toMatchObject({ code: "FileChanged", path: "a" });
  });
});
