import { rmSync } from "node:fs";
import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, describe, expect, test } from "vitest";
import { compilePackage } from "@blob/testing";

import { runNode } from "../testing/run-module.js";
import { noise, text } from "../testing/sample-content.js";
import { readTree, scratchDirectory, writeTree } from "../testing/scratch-directory.js";
import { loadZstdBinding } from "./zstd/zstd-binding.js";
import { zstdEncoderLoaders } from "./zstd/zstd-encoders.js";

const compiled = compilePackage("format");

const hasNative = loadZstdBinding() !== undefined;
if (!hasNative) console.log("not tested: a bundle beside zstd-napi, which is not installed");

/** Makes, opens, reads and extracts an archive of each directory, and says which codecs it has. */
const program = `
  import { createArchiveFiles, createNodeZstd, extractArchive, openLocalArchive } from "@blob/format/node";

  async function main() {
    const [workers, ...sources] = process.argv.slice(2);
    const how = workers === "default" ? {} : { workers: Number(workers) };
    for (const source of sources) await createArchiveFiles(source, source + ".archive", how);
    for (const source of sources) {
      const archive = await openLocalArchive(source + ".archive");
      for (const { path } of archive.entries()) await archive.readFile(path);
      await extractArchive(archive, source + ".copy", how);
      await archive.close();
    }
    const { encoder, decoder } = await createNodeZstd();
    console.log(encoder.name, decoder.name);
  }
  main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
`;

/** Outside of this workspace: there are no packages. */
async function bundle(format: "cjs" | "esm"): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "blob-bundle-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const outfile = join(directory, format === "cjs" ? "program.cjs" : "program.mjs");
  const { errors } = await build({
    stdin: { contents: program, resolveDir: fileURLToPath(new URL("../..", import.meta.url)) },
    alias: { "@blob/format/node": fileURLToPath(new URL("node/index.js", compiled)) },
    bundle: true,
    platform: "node",
    format,
    outfile,
    logLevel: "silent",
  });
  expect(errors).toEqual([]);
  expect(await readdir(directory)).toHaveLength(1);
  // Files of somebody else that have the names of our workers.
  const workers = ["compress-worker.js", "create/compress-worker.js", "extract/extract-worker.js"];
  for (const name of workers.concat("chunks/chunk-worker.js")) {
    await writeTree(directory, { [name]: "throw new Error('This is not yours');" });
  }
  await writeFile(join(directory, "package.json"), "{}");
  return outfile;
}

async function threeTrees(): Promise<readonly string[]> {
  const scratch = await scratchDirectory();
  const names = ["one", "two", "three"];
  for (const name of names) {
    await writeTree(join(scratch, name), {
      "small.txt": name.repeat(1000),
      ...Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`d/${index}`, name + text(index)])),
      "large.txt": name + text(4_500_000),
      "small.bin": noise(5000, name),
    });
  }
  return names.map((name) => join(scratch, name));
}

describe.each(["esm", "cjs"] as const)("a bundle by esbuild, %s", (format) => {
  test.each(["default", "2"])("makes, reads and extracts archives, workers: %s", async (workers) => {
    const sources = await threeTrees();
    const output = await runNode([await bundle(format), workers, ...sources]);
    for (const source of sources) expect(await readTree(`${source}.copy`)).toEqual(await readTree(source));
    const builtIn = (await zstdEncoderLoaders.get("node:zlib")?.()) !== undefined;
    expect(output).toBe(builtIn ? "node:zlib node:zlib" : "zstd-wasm portable");
  });

  test.runIf(hasNative)("finds zstd-napi beside it", async () => {
    const outfile = await bundle(format);
    const packages = { "node_modules/zstd-napi/package.json": JSON.stringify({ name: "zstd-napi" }) };
    const real = fileURLToPath(new URL("../../node_modules/zstd-napi/binding.js", import.meta.url));
    const binding = `module.exports = require(${JSON.stringify(real)});`;
    await writeTree(join(outfile, ".."), { ...packages, "node_modules/zstd-napi/binding.js": binding });
    const [source = ""] = await threeTrees();
    expect(await runNode([outfile, "default", source])).toBe("zstd-napi zstd-napi");
  });
});
