// Run by any Node on an installation: `node ten-archives.mjs INSTALLATION`. One process makes ten archives with every
// encoder that there is, pushes ten times to an OCI layout and to the embedded registry, and reads all of it back.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [installation = "."] = process.argv.slice(2);
const require = createRequire(path.resolve(installation, "package.json"));
/** @param {string} file Below a package's `dist`, or a name that the package exports. */
const load = async (file) => import(pathToFileURL(require.resolve(file)).href);

/** @type {typeof import("../../packages/format/src/node/index.js")} */
const { createArchiveFiles, createNodeZstd, openLocalArchive } = await load("@blob/format/node");
/** @type {typeof import("../../packages/client/src/index.js")} */
const { createClient } = await load("@blob/client");
/** @type {typeof import("../../packages/registry/src/index.js")} */
const { createMemoryRegistry } = await load("@blob/registry");
/** @type {typeof import("../../packages/registry/src/server/index.js")} */
const { createRegistryServer } = await load("@blob/registry/server");
/** @type {typeof import("../../packages/format/src/node/zstd/zstd-encoders.js")} */
const { zstdEncoderLoaders } = await load(
  path.resolve(installation, "node_modules/@blob/format/dist/node/zstd/zstd-encoders.js"),
);

const times = 10;
const counts = { passed: 0, failed: 0 };
const scratch = await mkdtemp(path.join(tmpdir(), "ten-archives-"));

/** @param {string} name @param {() => Promise<void>} run */
async function check(name, run) {
  const started = performance.now();
  let outcome = "ok    ";
  try {
    await run();
    counts.passed += 1;
  } catch (error) {
    outcome = "FAILED";
    counts.failed += 1;
    console.error(error);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${outcome} Node ${process.versions.node}, ${name} (${seconds} s)`);
}

/** @typedef {Readonly<Record<string, Buffer>>} Tree */

/** Text that compresses, in its own words for each archive. @param {number} size @param {number} seed */
function text(size, seed) {
  const line = `line of archive ${seed}: the quick brown fox, and what it ran from\n`;
  return Buffer.from(line.repeat(Math.ceil(size / line.length))).subarray(0, size);
}

/** Small and large files, in turn. @param {number} at @returns {Tree} */
function treeOf(at) {
  /** @type {Record<string, Buffer>} */
  const small = {
    "empty.txt": Buffer.alloc(0),
    "page.html": text(900 + at, at),
    "noise.bin": randomBytes(700),
  };
  for (let index = 0; index < 30; index += 1) small[`docs/${index}.md`] = text(index * 97 + 40, at + index);
  return at % 2 === 0
    ? small
    : { ...small, "large.log": text(6_000_000, at), "large.bin": randomBytes(1_500_000) };
}

/** @param {string} directory @param {Tree} tree */
async function write(directory, tree) {
  for (const [name, content] of Object.entries(tree)) {
    const file = path.join(directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** @param {import("../../packages/format/src/index.js").Archive} archive @param {Tree} tree */
async function compare(archive, tree) {
  const paths = Array.from(archive.entries(), (entry) => entry.path);
  if (paths.length !== Object.keys(tree).length) throw new Error(`it holds ${paths.join(", ")}`);
  for (const [name, content] of Object.entries(tree)) {
    if (!content.equals(await archive.readFile(name))) throw new Error(`${name} has other bytes`);
    // An encoder that fails quietly makes nothing smaller: then a file is stored as it is.
    const isText = content.length >= 1024 && !name.endsWith(".bin");
    const compression = archive.entry(name)?.compression;
    if (isText && compression !== "zstd") throw new Error(`${name} is stored as ${compression}`);
  }
}

const trees = Array.from({ length: times }, (_, at) => ({
  tree: treeOf(at),
  from: path.join(scratch, `tree-${at}`),
}));
const server = await createRegistryServer(createMemoryRegistry()).listen();

/** @typedef {() => Promise<Pick<import("../../packages/format/src/node/index.js").CreateOptions, "zstd" | "workers">>} OptionsForOne */

/** All are made before any is read: a later one may spoil an earlier one. @param {string} name @param {OptionsForOne} options */
async function make(name, options) {
  await check(`${name}: ${times} archives are made, and read back`, async () => {
    const folder = await mkdtemp(path.join(scratch, "archives-"));
    for (const [at, { from }] of trees.entries()) {
      await createArchiveFiles(from, path.join(folder, `${at}`), await options());
    }
    for (const [at, { tree }] of trees.entries()) {
      const archive = await openLocalArchive(path.join(folder, `${at}`));
      try {
        await compare(archive, tree);
      } finally {
        await archive.close();
      }
    }
    await rm(folder, { recursive: true });
  });
}

/** @param {string} name @param {OptionsForOne} options */
async function push(name, options) {
  const folder = await mkdtemp(path.join(scratch, "layout-"));
  for (const [target, repository] of [
    ["an OCI layout", `oci:${folder}`],
    ["the embedded registry", `${server.host}/acme/${path.basename(folder).toLowerCase()}`],
  ]) {
    await check(`${name}: ${times} pushes to ${target}, and pulled back`, async () => {
      const client = createClient({ plainHttp: true });
      try {
        for (const [at, { from }] of trees.entries()) {
          await client.push(`${repository}:v${at}`, from, await options());
        }
        for (const [at, { tree }] of trees.entries()) {
          await compare(await client.pull(`${repository}:v${at}`), tree);
        }
      } finally {
        await client.close();
      }
    });
  }
  await rm(folder, { recursive: true });
}

try {
  for (const { tree, from } of trees) await write(from, tree);
  await check("nothing optional is installed", async () => {
    if (existsSync(path.resolve(installation, "node_modules/zstd-napi")))
      throw new Error("zstd-napi is there");
  });
  const best = (await createNodeZstd()).encoder.name;
  await make(`${best}, chosen by itself`, async () => ({}));
  await push(`${best}, chosen by itself`, async () => ({}));
  await make(`${best}, chosen by itself, in workers`, async () => ({ workers: 2 }));
  for (const [name, loadEncoder] of zstdEncoderLoaders) {
    if ((await loadEncoder()) === undefined) {
      console.log(`       Node ${process.versions.node} has no ${name} here`);
      continue;
    }
    // Loaded for each archive, as it is where nobody gives an encoder.
    const options = async () => ({ zstd: await loadEncoder() });
    await make(name, options);
    await push(name, options);
  }
} finally {
  await server.close();
  await rm(scratch, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
