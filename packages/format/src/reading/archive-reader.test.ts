import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";

import { openArchive } from "./archive-reader.js";
import type { OpenOptions } from "./archive-reader.js";
import type { Archive } from "../archive.js";
import { bufferSource } from "../sources/buffer-source.js";
import type { ByteRange, ByteSource, SignalOptions } from "../sources/byte-source.js";
import { comparePaths } from "../paths/compare-bytes.js";
import type { Entry } from "../entry.js";
import { encodeIndex } from "../index-codec/index-encoder.js";
import { collectBytes } from "../testing/collect.js";
import type { PlannedRead } from "./read-plan.js";
import { planReads } from "./read-plan.js";
import { readPlanned } from "./read-planned.js";
import { goldenArchives } from "../testing/golden-archives.js";

const files: Record<string, string> = {
  "README.md": "# Read me\n",
  "config.yaml": "a: 1\n",
  "config/a.json": "{}",
  "config/deep/b.json": '{"b":"é"}',
  "config-old/c": "c",
  empty: "",
};

function sha256(content: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(content).digest());
}

interface TestArchive {
  readonly archive: Archive;
  /** What was asked of the source. */
  readonly reads: ByteRange[];
}

interface TestOptions extends OpenOptions {
  readonly change?: ((entry: Entry) => Entry) | undefined;
  readonly read?:
    ((range: ByteRange, whole: Uint8Array, options?: SignalOptions) => AsyncIterable<Uint8Array>) | undefined;
}

/** An archive of uncompressed files, over a source that may misbehave. */
function archiveOf(contents: Record<string, Uint8Array | string>, options: TestOptions = {}): TestArchive {
  const { change = (entry) => entry, read, ...openOptions } = options;
  const parts: Uint8Array[] = [];
  const entries: Entry[] = [];
  let dataOffset = 0;
  for (const path of Object.keys(contents).toSorted(comparePaths)) {
    const content = Buffer.from(contents[path] ?? "");
    const size = content.length;
    const facts = { mode: 0o644, uid: 1, gid: 2, mtimeNs: -5n, compression: "none" } as const;
    entries.push(change({ path, size, storedSize: size, dataOffset, hash: sha256(content), ...facts }));
    parts.push(content);
    dataOffset += size;
  }
  const whole = new Uint8Array(Buffer.concat(parts));
  const reads: ByteRange[] = [];
  const good = bufferSource(whole);
  const source: ByteSource = {
    id: "test",
    size: whole.length,
    read(range, signalOptions) {
      reads.push(range);
      return read === undefined ? good.read(range, signalOptions) : read(range, whole, signalOptions);
    },
  };
  const index = encodeIndex({ entries, dataSize: whole.length, dataHash: sha256(whole) });
  return { archive: openArchive(index, source, openOptions), reads };
}

describe("look-ups", () => {
  const { archive, reads } = archiveOf(files);

  test("a file in any spelling", () => {
    for (const path of ["config/a.json", "/config/a.json", "config//a.json", "/config/a.json/"]) {
      expect(archive.entry(path)).toMatchObject({
        path: "config/a.json",
        size: 2,
        mtimeNs: -5n,
        uid: 1,
        gid: 2,
      });
    }
  });
  test("a directory is not a file, and a file not a directory", () => {
    expect(archive.entry("config")).toBeUndefined();
    expect([archive.isFile("config"), archive.isDirectory("config"), archive.exists("config")]).toEqual([
      false,
      true,
      true,
    ]);
    expect([archive.isFile("empty"), archive.isDirectory("empty")]).toEqual([true, false]);
  });
  test("stat says what is at a path", () => {
    expect(archive.stat("/config/a.json")).toMatchObject({
      kind: "file",
      name: "a.json",
      path: "config/a.json",
      entry: { size: 2 },
    });
    expect(archive.stat("config/")).toEqual({ kind: "directory", name: "config", path: "config" });
    expect(archive.stat("")).toEqual({ kind: "directory", name: ".", path: "." });
    expect([archive.stat("conf"), archive.stat(".."), archive.stat("a\0")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
  test("what is not there, or cannot be, is not there", () => {
    for (const path of [
      "conf",
      "config/",
      "configx",
      "config/a.json/x",
      "..",
      "../../README.md",
      "./README.md",
      "a\0",
      "\ud800",
    ]) {
      expect(archive.entry(path)).toBeUndefined();
      expect(archive.isFile(path)).toBe(false);
    }
    expect(archive.exists("../config")).toBe(false);
  });
  test("directories list names in byte order, with what they are", () => {
    expect(archive.readDirectory("").map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "file README.md",
      "directory config",
      "directory config-old",
      "file config.yaml",
      "file empty",
    ]);
    expect(archive.readDirectory("config/")).toMatchObject([
      { kind: "file", name: "a.json", path: "config/a.json", entry: { size: 2 } },
      { kind: "directory", name: "deep", path: "config/deep" },
    ]);
  });
  test("iteration below a directory does not include its namesakes", () => {
    expect(Array.from(archive.entries("config"), ({ path }) => path)).toEqual([
      "config/a.json",
      "config/deep/b.json",
    ]);
    expect(Array.from(archive.entries()).length).toBe(archive.entryCount);
    expect(archive.directoryStats("config")).toEqual({ files: 2, size: 12, storedSize: 12 });
    expect(archive.directoryStats()).toMatchObject({ files: 6 });
  });
  test("errors say which kind of thing was found, before anything is iterated", () => {
    for (const call of [
      (path: string) => archive.readDirectory(path),
      (path: string) => archive.entries(path),
      (path: string) => archive.directoryStats(path),
    ]) {
      expect(() => call("README.md")).toThrow(
        expect.objectContaining({ code: "WrongKind", path: "README.md" }),
      );
      expect(() => call("nope")).toThrow(expect.objectContaining({ code: "NotFound", path: "nope" }));
      expect(() => call("a/../b")).toThrow(expect.objectContaining({ code: "InvalidPath" }));
    }
  });
  test("all unknown files are named at once", () => {
    archive.validateFiles(["README.md", "/config.yaml"]);
    expect(() => archive.validateFiles(["README.md", "nope", "config", "../x"])).toThrow(
      expect.objectContaining({
        code: "NotFound",
        path: "nope",
        message: expect.stringContaining('"nope", "config", "../x"'),
      }),
    );
    expect(() => archive.validateFiles(Array.from({ length: 5000 }, (_, i) => `n${i}`))).toThrow(
      /and 4990 more/,
    );
  });
  test("nothing was read for all that", () => expect(reads).toEqual([]));
});

describe("reading", () => {
  test("a file is one request for its bytes", async () => {
    const { archive, reads } = archiveOf(files);
    expect(await archive.readFile("config/deep/b.json", "utf8")).toBe('{"b":"é"}');
    expect(reads).toHaveLength(1);
    expect(reads[0]?.length).toBe(10);
  });
  test("an empty file is no request", async () => {
    const { archive, reads } = archiveOf(files);
    expect(await archive.readFile("empty")).toHaveLength(0);
    expect(await collectBytes(archive.stream("empty"))).toHaveLength(0);
    expect(reads).toEqual([]);
  });
  test("an empty file with the hash of something else is still wrong", async () => {
    const { archive } = archiveOf(files, { change: (entry) => ({ ...entry, hash: new Uint8Array(32) }) });
    await expect(archive.readFile("empty")).rejects.toMatchObject({ code: "HashMismatch", path: "empty" });
  });
  test("errors about the path", async () => {
    const { archive } = archiveOf(files);
    await expect(archive.readFile("nope")).rejects.toMatchObject({ code: "NotFound", path: "nope" });
    await expect(archive.readFile("config")).rejects.toMatchObject({ code: "WrongKind", path: "config" });
    await expect(archive.readFile("")).rejects.toMatchObject({ code: "WrongKind", path: "." });
    await expect(archive.readFile("../a")).rejects.toMatchObject({ code: "InvalidPath" });
    expect(() => archive.stream("nope")).toThrow(expect.objectContaining({ code: "NotFound" }));
  });
  test("the caller may write to what it got", async () => {
    const { archive } = archiveOf(files);
    (await archive.readFile("README.md")).fill(0);
    expect(await archive.readFile("README.md", "utf8")).toBe("# Read me\n");
  });
  test("malformed text is replaced, and a byte order mark kept", async () => {
    const { archive } = archiveOf({ bad: Uint8Array.of(0x61, 0xff), bom: "\ufeffx" });
    expect(await archive.readFile("bad", "utf8")).toBe("a\ufffd");
    expect(await archive.readFile("bom", "utf8")).toBe("\ufeffx");
  });
  test("an encoding that is none is an error, and not bytes", async () => {
    const latin1 = "latin1" as "utf8";
    await expect(archiveOf(files).archive.readFile("README.md", latin1)).rejects.toMatchObject({
      code: "InvalidArgument",
      message: expect.stringContaining("latin1"),
    });
  });
  test("a file above the limit is not read, but streamed", async () => {
    const { archive, reads } = archiveOf(files, { limits: { maxFileBytes: 5 } });
    await expect(archive.readFile("README.md")).rejects.toMatchObject({
      code: "SizeExceeded",
      path: "README.md",
    });
    expect(reads).toEqual([]);
    expect(await collectBytes(archive.stream("README.md"))).toHaveLength(10);
    expect(await archive.readFile("README.md", "utf8", { range: { offset: 2, length: 4 } })).toBe("Read");
  });
});

describe("a planned read", () => {
  const wanted = ["README.md", "config.yaml", "empty"];
  const plan = (archive: Archive): PlannedRead | undefined =>
    planReads(
      wanted.flatMap((path) => archive.entry(path) ?? []),
      { maxGapBytes: 1000, maxRangeBytes: 1000 },
    ).find(({ length }) => length > 0);
  const read = async (archive: Archive, options?: OpenOptions): Promise<Record<string, string>> => {
    const found: Record<string, string> = {};
    const planned = plan(archive);
    if (planned === undefined) throw new Error("nothing is planned");
    for await (const { entry, content } of readPlanned(archive.data, planned, options)) {
      found[entry.path] = Buffer.from(content).toString();
      // It is the caller's: the next file must not be made of it.
      content.fill(0);
    }
    return found;
  };

  test("gives its files from one range", async () => {
    const { archive, reads } = archiveOf(files);
    expect(await read(archive)).toEqual({
      "README.md": files["README.md"],
      "config.yaml": files["config.yaml"],
    });
    expect(reads).toHaveLength(1);
  });
  test("does not give a file that is not what the index promises", async () => {
    const { archive } = archiveOf(files, {
      change: (entry) => (entry.path === "config.yaml" ? { ...entry, hash: new Uint8Array(32) } : entry),
    });
    await expect(read(archive)).rejects.toMatchObject({ code: "HashMismatch", path: "config.yaml" });
  });
  test.each([
    ["less", (range: ByteRange) => range.length - 1],
    ["more", (range: ByteRange) => range.length + 1],
  ])("with %s than it asked for is an error", async (_name, lengthOf) => {
    const { archive } = archiveOf(files, {
      async *read(range, whole) {
        yield whole.subarray(range.offset, range.offset + lengthOf(range));
      },
    });
    await expect(read(archive)).rejects.toMatchObject({ code: "SourceMismatch" });
  });
  test("keeps to the limits", async () => {
    const { archive } = archiveOf(files);
    await expect(read(archive, { limits: { maxFileBytes: 5 } })).rejects.toMatchObject({
      code: expect.stringMatching(/^Size/u),
    });
  });
});

describe("content that is not what the index promises", () => {
  const wrong = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 1);

  test("a read throws HashMismatch, and a stream throws instead of ending", async () => {
    const { archive } = archiveOf(files, { read: (range, whole) => bufferSource(wrong(whole)).read(range) });
    await expect(archive.readFile("README.md")).rejects.toMatchObject({
      code: "HashMismatch",
      path: "README.md",
    });
    const got: number[] = [];
    const read = async (): Promise<void> => {
      for await (const chunk of archive.stream("README.md")) got.push(chunk.length);
    };
    await expect(read()).rejects.toMatchObject({ code: "HashMismatch" });
    expect(got).toEqual([10]);
  });
  test("a consumer that writes to its chunks does not disturb the check", async () => {
    const { archive } = archiveOf(files);
    for await (const chunk of archive.stream("README.md")) chunk.fill(0);
  });
  for (const [what, cut] of [
    ["ends early", -1],
    ["gives too much", 1],
    ["gives nothing", -10],
  ] as const) {
    test(`a source that ${what} is a SourceMismatch`, async () => {
      const { archive } = archiveOf(files, {
        read: async function* (range) {
          yield new Uint8Array(range.length + cut);
        },
      });
      await expect(archive.readFile("README.md")).rejects.toMatchObject({
        code: "SourceMismatch",
        path: "README.md",
      });
      await expect(collectBytes(archive.stream("README.md"))).rejects.toMatchObject({
        code: "SourceMismatch",
      });
    });
  }
  test("a source that never stops is stopped", async () => {
    let given = 0;
    const { archive } = archiveOf(files, {
      read: async function* () {
        for (;;) {
          given++;
          yield new Uint8Array(4);
        }
      },
    });
    await expect(archive.readFile("README.md")).rejects.toMatchObject({ code: "SourceMismatch" });
    expect(given).toBe(3);
  });
  test("an error of the source is passed on as it is", async () => {
    const trouble = new Error("the disk is on fire");
    const { archive } = archiveOf(files, {
      read: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(trouble) }) }),
    });
    await expect(archive.readFile("README.md")).rejects.toBe(trouble);
  });
  test("compressed content that is damaged is a Decompression error", async () => {
    for (const golden of goldenArchives.filter(({ name }) => name.startsWith("basic.zstd"))) {
      const data = golden.data.slice().fill(0xff);
      const archive = openArchive(golden.index, bufferSource(data));
      for (const { path, compression } of golden.entries.filter(({ size }) => size > 0)) {
        const code = compression === "zstd" ? "Decompression" : "HashMismatch";
        await expect(archive.readFile(path)).rejects.toMatchObject({ name: "FormatError", code, path });
        await expect(collectBytes(archive.stream(path))).rejects.toMatchObject({ code, path });
      }
    }
  });
});

describe("parts of files", () => {
  test("of an uncompressed file only the part is asked for", async () => {
    const { archive, reads } = archiveOf(files);
    expect(await archive.readFile("README.md", "utf8", { range: { offset: 2, length: 4 } })).toBe("Read");
    expect(reads).toMatchObject([{ length: 4 }]);
    expect(await archive.readFile("README.md", { range: { offset: 10, length: 0 } })).toHaveLength(0);
    expect(reads).toHaveLength(1);
  });
  test("a part is not verified, the whole as a part is", async () => {
    const { archive } = archiveOf(files, { change: (entry) => ({ ...entry, hash: new Uint8Array(32) }) });
    expect(await archive.readFile("README.md", "utf8", { range: { offset: 0, length: 9 } })).toBe(
      "# Read me",
    );
    const whole = { range: { offset: 0, length: 10 } };
    await expect(archive.readFile("README.md", whole)).rejects.toMatchObject({ code: "HashMismatch" });
  });
  test("a part outside of the file is an InvalidArgument", async () => {
    const { archive } = archiveOf(files);
    for (const range of [
      { offset: 0, length: 11 },
      { offset: 11, length: 0 },
      { offset: -1, length: 2 },
      { offset: 1.5, length: 1 },
    ]) {
      await expect(archive.readFile("README.md", { range })).rejects.toMatchObject({
        code: "InvalidArgument",
      });
    }
  });
  test("of a compressed file every part is what it is in the whole", async () => {
    const golden = goldenArchives.find(({ name }) => name === "larger.zstd");
    if (golden === undefined) throw new Error("there is no such fixture");
    const archive = openArchive(golden.index, bufferSource(golden.data));
    const largest = golden.entries
      .toSorted((a, b) => b.size - a.size)
      .find(({ compression }) => compression === "zstd");
    const { path, size } = largest ?? { path: "", size: 0 };
    const whole = await archive.readFile(path);
    for (const [offset, length] of [
      [0, 1],
      [size - 1, 1],
      [1000, 2000],
      [Math.floor(size / 2), Math.ceil(size / 2)],
    ] as const) {
      const part = await archive.readFile(path, { range: { offset, length } });
      expect(Buffer.compare(part, whole.subarray(offset, offset + length))).toBe(0);
      const streamed = await collectBytes(archive.stream(path, { range: { offset, length } }));
      expect(Buffer.compare(streamed, part)).toBe(0);
    }
  });
});

describe("stopping", () => {
  /** A source that gives a byte at a time, and counts who let go of it. */
  function slowArchive(): { archive: Archive; freed: () => number; given: () => number } {
    let freed = 0;
    let given = 0;
    const { archive } = archiveOf(
      { file: "x".repeat(1000) },
      {
        read: async function* ({ offset, length }, whole, options) {
          try {
            for (let at = offset; at < offset + length; at++) {
              options?.signal?.throwIfAborted();
              given++;
              yield whole.slice(at, at + 1);
            }
          } finally {
            freed++;
          }
        },
      },
    );
    return { archive, freed: () => freed, given: () => given };
  }

  test("a stream that is left early frees the source", async () => {
    const { archive, freed } = slowArchive();
    for await (const chunk of archive.stream("file")) {
      expect(chunk).toHaveLength(1);
      break;
    }
    expect(freed()).toBe(1);
  });
  test("an abort is rethrown as its reason, and frees the source", async () => {
    const { archive, freed, given } = slowArchive();
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const read = async (): Promise<void> => {
      for await (const chunk of archive.stream("file", { signal: controller.signal })) {
        expect(chunk).toHaveLength(1);
        if (given() === 5) controller.abort(reason);
      }
    };
    await expect(read()).rejects.toBe(reason);
    expect([freed(), given()]).toEqual([1, 5]);
  });
  test("an abort before the beginning asks for nothing", async () => {
    const { archive, given } = slowArchive();
    const reason = new Error("never mind");
    await expect(archive.readFile("file", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(given()).toBe(0);
  });
  test("nothing is asked for before the first chunk is", async () => {
    const { archive, reads } = archiveOf(files);
    const stream = archive.stream("README.md");
    expect(reads).toEqual([]);
    expect(await collectBytes(stream)).toHaveLength(10);
  });
});
