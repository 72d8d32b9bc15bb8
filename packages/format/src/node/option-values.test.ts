import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";

import { openArchive } from "../reading/archive-reader.js";
import type { Archive } from "../archive.js";
import { bufferSource } from "../sources/buffer-source.js";
import { createHttpByteSource } from "../sources/http-byte-source.js";
import { writeTree } from "../testing/scratch-directory.js";
import {
  createArchive,
  createArchiveFiles,
  diffDirectory,
  extractArchive,
  extractFile,
  openLocalArchive,
  saveArchive,
  syncDirectory,
} from "./index.js";

// What a caller without a compiler may pass: the error names the option, and nothing is made.

let archive: Archive;
let index: Uint8Array;
let data: Buffer;
let root: string;

const sink = { write: (): void => undefined };

beforeAll(async () => {
  root = await writeTree(await mkdtemp(join(tmpdir(), "blob-format-")), { "in/a.txt": "one" });
  const chunks: Uint8Array[] = [];
  const created = await createArchive(join(root, "in"), { write: (chunk) => void chunks.push(chunk) });
  index = created.index.bytes;
  data = Buffer.concat(chunks);
  archive = openArchive(index, bufferSource(data));
  await saveArchive(archive, join(root, "saved"));
  return () => rm(root, { recursive: true });
});

const create = (options: object): unknown => createArchive(join(root, "in"), sink, options);
const createFiles = (options: object): unknown =>
  createArchiveFiles(join(root, "in"), join(root, "out"), options);
const extract = (options: object): unknown => extractArchive(archive, join(root, "out"), options);
const extractOne = (options: object): unknown => extractFile(archive, "a.txt", join(root, "out/a"), options);
const sync = (options: object): unknown => syncDirectory(archive, join(root, "out"), options);
const diff = (options: object): unknown => diffDirectory(archive, join(root, "in"), options);
const save = (options: object): unknown => saveArchive(archive, join(root, "out"), options);
const open = (options: object): unknown => openArchive(index, bufferSource(data), options);
const openLocal = (options: object): unknown => openLocalArchive(join(root, "saved"), options);
const read = (...rest: readonly unknown[]): unknown =>
  (archive.readFile as (...all: readonly unknown[]) => unknown)("a.txt", ...rest);
const http = (options: object): unknown => createHttpByteSource("http://127.0.0.1:1/", options);

interface Case {
  readonly of: (options: object) => unknown;
  readonly options: Readonly<Record<string, unknown>>;
  /** What the message has beside the option's name. */
  readonly says?: string;
}

const table: readonly (readonly [string, Case])[] = (
  [
    { of: create, options: { compression: "gzip" }, says: '"zstd", "none", not "gzip"' },
    { of: create, options: { compression: null }, says: '"zstd"' },
    { of: create, options: { level: Number.NaN }, says: "-7 to 19" },
    { of: create, options: { level: "3" }, says: 'not "3"' },
    { of: create, options: { level: 20 } },
    { of: create, options: { changeDetection: "strictly" }, says: '"strict"' },
    { of: create, options: { maxFiles: Number.NaN }, says: "NaN" },
    { of: create, options: { maxFiles: -1 }, says: "-1" },
    { of: create, options: { symlinks: "no" }, says: '"follow"' },
    { of: create, options: { deduplicate: "yes" }, says: "true or false" },
    { of: create, options: { zstd: {} }, says: "compress" },
    { of: create, options: { zstd: () => undefined }, says: "compress" },
    { of: create, options: { workers: 1.5 }, says: "0 to 64" },
    { of: create, options: { onProgress: "log" }, says: "a function" },
    { of: create, options: { skipCompression: () => true }, says: "an array of functions" },
    { of: create, options: { skipCompression: [".jpg"] }, says: "an array of functions" },
    { of: create, options: { exclude: "*.tmp" }, says: "an array of strings" },
    { of: create, options: { include: [/x/] }, says: "an array of strings" },
    { of: create, options: { ignoreFiles: ".gitignore" }, says: "an array of strings" },
    { of: create, options: { signal: {} }, says: "throwIfAborted" },
    { of: create, options: { reproducible: true }, says: "sourceDateEpoch" },
    { of: create, options: { reproducible: { sourceDateEpoch: "0" } }, says: "sourceDateEpoch" },
    { of: create, options: { temporaryDirectory: 5 }, says: "a path" },
    { of: createFiles, options: { compression: "brotli" }, says: '"brotli"' },
    { of: extract, options: { contentsBy: "hardlink" }, says: '"link"' },
    { of: extract, options: { concurrency: 0 }, says: "at least 1" },
    { of: extract, options: { concurrency: Number.NaN }, says: "NaN" },
    { of: extract, options: { readAheadBytes: -1 }, says: "-1" },
    { of: extract, options: { maxRangeBytes: Number.POSITIVE_INFINITY }, says: "Infinity" },
    { of: extract, options: { target: "x" }, says: "a function" },
    { of: extract, options: { paths: "a.txt" }, says: "an array of strings" },
    { of: extract, options: { directory: 5 }, says: "a path" },
    { of: extract, options: { overwrite: "no" }, says: "true or false" },
    { of: extract, options: { clean: 1 }, says: "true or false" },
    { of: extract, options: { zstd: {} }, says: "decompress" },
    { of: extract, options: { workers: -1 }, says: "0 to 64" },
    { of: extract, options: { contents: {} }, says: "get" },
    { of: extract, options: { onProgress: true }, says: "a function" },
    { of: extractOne, options: { preserveMode: "yes" }, says: "true or false" },
    { of: sync, options: { delete: "yes" }, says: "true or false" },
    { of: sync, options: { dryRun: 1 }, says: "true or false" },
    { of: sync, options: { concurrency: "4" }, says: 'not "4"' },
    { of: diff, options: { quick: 1 }, says: "true or false" },
    { of: diff, options: { symlinks: true }, says: '"skip"' },
    { of: save, options: { onProgress: {} }, says: "a function" },
    { of: open, options: { zstd: { decompress: () => undefined } }, says: "stream" },
    { of: open, options: { sha256: "sha256" }, says: "hash" },
    { of: open, options: { limits: { maxIndexBytes: Number.NaN } }, says: "NaN" },
    { of: open, options: { limits: { maxFileBytes: -1 } }, says: "-1" },
    { of: open, options: { limits: { maxDecoderBytes: "1" } }, says: 'not "1"' },
    { of: openLocal, options: { limits: { maxFileBytes: "256MiB" } }, says: '"256MiB"' },
    { of: openLocal, options: { zstd: 5 }, says: "decompress" },
    { of: http, options: { fetch: "fetch" }, says: "a function" },
    { of: http, options: { size: Number.NaN }, says: "NaN" },
    { of: read, options: { signal: 5 }, says: "throwIfAborted" },
  ] satisfies readonly Case[]
).map((one) => [`${one.of.name}: ${Object.keys(one.options).join()} ${one.says ?? ""}`, one]);

describe("an option that is none", () => {
  test.each(table)("%s", async (_name, { of: call, options, says = Object.keys(options).join() }) => {
    const [option = ""] = Object.keys(options);
    const trying = (async () => call(options))();
    await expect(trying).rejects.toMatchObject({ name: "FormatError", code: "InvalidArgument" });
    await expect(trying).rejects.toThrow(says);
    // That of a size says which resource cannot have it.
    if (option !== "size") await expect(trying).rejects.toThrow(option);
  });

  test.each([["latin1"], ["utf-16"], [""]])("an encoding of text other than UTF-8: %s", async (encoding) => {
    await expect((async () => read(encoding))()).rejects.toMatchObject({
      code: "InvalidArgument",
      message: `encoding must be "utf8", not ${JSON.stringify(encoding)}`,
    });
  });

  test.each([
    [{ offset: Number.NaN, length: 1 }],
    [{ offset: 0, length: -1 }],
    [{ offset: 0.5, length: 1 }],
    [{ offset: 0 }],
    ["0-5"],
  ])("a range that is none: %o", async (range) => {
    await expect((async () => read({ range }))()).rejects.toMatchObject({ code: "InvalidArgument" });
  });

  test.each([
    ["a sink", () => createArchive(join(root, "in"), {} as never)],
    ["a sink that is a function", () => createArchive(join(root, "in"), (() => undefined) as never)],
    ["options", () => createArchive(join(root, "in"), sink, null as never)],
    ["an input", () => createArchive(undefined as never, sink)],
    ["a source", async () => openArchive(index, undefined as never)],
  ])("%s", async (_name, call) => {
    await expect(call()).rejects.toMatchObject({ name: "FormatError", code: "InvalidArgument" });
  });
});
