import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compilePackage } from "@blob/testing";

import { copyPackage } from "../../testing/package-copy.js";
import { runModule } from "../../testing/run-module.js";
import { text } from "../../testing/sample-content.js";
import { readTree, scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { loadZstdBinding } from "./zstd-binding.js";

const compiled = compilePackage("format");

const tree = { "a.txt": text(3000), "d/b.txt": text(70_000), "large.txt": text(5_000_000) };

/** What every program begins with. */
const entry = (folder: URL): string =>
  `import * as format from ${JSON.stringify(new URL("node/index.js", folder).href)};`;

describe("an installation without anything optional", () => {
  const folder = copyPackage(compiled);

  test.each([0, 2])("makes one archive after the other with workers: %d, all readable", async (workers) => {
    const scratch = await scratchDirectory();
    const sources = [];
    for (const name of ["one", "two", "three", "four"]) {
      sources.push(await writeTree(join(scratch, name), { ...tree, "name.txt": name.repeat(500) }));
    }
    const output = await runModule(`${entry(folder)}
      console.log((await format.createNodeZstd()).encoder.name);
      for (const source of ${JSON.stringify(sources)})
        await format.createArchiveFiles(source, source + ".archive", { workers: ${workers} });
      for (const source of ${JSON.stringify(sources)}) {
        const archive = await format.openLocalArchive(source + ".archive");
        await format.extractArchive(archive, source + ".copy");
        await archive.close();
      }`);
    expect(output).not.toBe("zstd-napi");
    for (const source of sources) expect(await readTree(`${source}.copy`)).toEqual(await readTree(source));
  });

  test("reading and extracting load nothing that compresses", async () => {
    const scratch = await scratchDirectory();
    const source = await writeTree(join(scratch, "source"), tree);
    const record = join(scratch, "modules");
    const loaded = async (code: string): Promise<readonly string[]> => {
      await runModule(
        `import { register } from "node:module";
        register("data:text/javascript," + encodeURIComponent(\`
          import { appendFileSync } from "node:fs";
          export async function load(url, context, next) {
            appendFileSync(${JSON.stringify(record)}, url + "\\\\n");
            return next(url, context);
          }\`));
        const format = await import(${JSON.stringify(new URL("node/index.js", folder).href)});
        ${code}`,
      );
      return (await readFile(record, "utf8")).split("\n").filter((url) => /zstd-wasm/u.test(url));
    };
    const archive = JSON.stringify(join(scratch, "archive"));
    await runModule(
      `${entry(folder)} await format.createArchiveFiles(${JSON.stringify(source)}, ${archive});`,
    );
    expect(
      await loaded(`
        const archive = await format.openLocalArchive(${archive}, { zstd: await format.loadZstdDecoder() });
        for (const { path } of archive.entries()) await archive.readFile(path);
        await format.extractArchive(archive, ${archive} + ".copy");
        await archive.close();`),
    ).toEqual([]);
  });
});

const hasNative = loadZstdBinding() !== undefined;
if (!hasNative) console.log("not tested: a zstd-napi that lies, as there is none that could");

describe.runIf(hasNative)("an installation with a zstd-napi that lies", () => {
  const real = createRequire(new URL("../../../package.json", import.meta.url)).resolve(
    "zstd-napi/binding.js",
  );
  const folder = copyPackage(compiled, {
    "zstd-napi/package.json": JSON.stringify({ name: "zstd-napi", version: "0.0.13" }),
    // Its frames are right, apart from one letter of the content.
    "zstd-napi/binding.js": `
      const real = require(${JSON.stringify(real)});
      module.exports = { ...real, CCtx: class {
        #real = new real.CCtx();
        setParameter(...args) { this.#real.setParameter(...args); }
        compress2(target, source) {
          const other = Uint8Array.from(source);
          other[other.length - 1] ^= 1;
          return this.#real.compress2(target, other);
        }
      } };`,
  });

  test.each([
    [0, "small.txt", text(3000)],
    [2, "small.txt", text(3000)],
    [0, "large.txt", text(9_000_000)],
    [2, "large.txt", text(9_000_000)],
  ])(
    "with workers: %d, %s is an error that names it, and nothing is left",
    async (workers, path, content) => {
      const scratch = await scratchDirectory();
      const source = await writeTree(join(scratch, "source"), { [path]: content });
      const output = await runModule(`${entry(folder)}
      const created = format.createArchiveFiles(${JSON.stringify(source)}, ${JSON.stringify(join(scratch, "out"))},
        { workers: ${workers} });
      const { code, path, message } = await created.catch((error) => error);
      console.log(JSON.stringify({ code, path, message }));`);
      expect(JSON.parse(output)).toMatchObject({
        code: "Compression",
        path,
        message: expect.stringContaining("zstd-napi"),
      });
      expect(await readdir(join(scratch, "out"))).toEqual([]);
    },
  );
});
