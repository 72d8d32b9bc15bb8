import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as zlib from "node:zlib";
import { createNodeZstd } from "@blob/format/node";
import { packageFolder } from "@blob/testing";
import { expect, test } from "vitest";

type Exports = Readonly<Record<string, unknown>>;

/** What the test files get for the name of a package. */
const imported: readonly [name: string, module: Exports, file: string][] = [
  ["format", await import("@blob/format"), "dist/index.js"],
  ["client", await import("@blob/client"), "dist/index.js"],
  ["cli", await import("@blob/cli"), "bundle/index.js"],
];

test.each(imported)(
  "@blob/%s is the installed one, and no zstd-napi is in its reach",
  async (name, module, file) => {
    const entry = path.join(packageFolder(name), file);
    const installed = (await import(pathToFileURL(entry).href)) as Exports;
    expect(Object.keys(module)).not.toEqual([]);
    for (const [key, value] of Object.entries(module)) expect(installed[key], key).toBe(value);
    expect(() => createRequire(entry).resolve("zstd-napi")).toThrow(/Cannot find module 'zstd-napi'/u);
  },
);

test("the codecs are those of this Node, and WebAssembly and JavaScript where it has none", async () => {
  const { encoder, decoder } = await createNodeZstd();
  console.info(`Node ${process.versions.node} without zstd-napi: ${encoder.name}, ${decoder.name}`);
  const hasOwn = "zstdCompressSync" in zlib;
  expect(encoder.name).toBe(hasOwn ? "node:zlib" : "zstd-wasm");
  expect(decoder.name).toBe(hasOwn ? "node:zlib" : "portable");
});
