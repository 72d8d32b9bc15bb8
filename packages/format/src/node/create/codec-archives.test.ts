import { expect, describe, test } from "vitest";
import { compilePackage } from "@blob/testing";

import { openArchive } from "../../reading/archive-reader.js";
import { bufferSource } from "../../sources/buffer-source.js";
import { noise, text } from "../../testing/sample-content.js";
import { scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import type { Tree } from "../../testing/scratch-directory.js";
import { createArchive } from "./create-archive.js";
import type { CreatedArchive } from "./create-options.js";
import { listDirectory } from "./list-directory.js";
import { createWorkerStage } from "./worker-stage.js";
import { writeArchive } from "./archive-writer.js";
import { loadZstdEncoder, zstdEncoderLoaders } from "../zstd/zstd-encoders.js";

const workerUrl = new URL("node/create/compress-worker.js", compilePackage("format"));

const codecs: string[] = [];
for (const [name, load] of zstdEncoderLoaders) {
  if ((await load()) === undefined)
    console.log(`not tested: archives by ${name}, which ${process.version} does not have`);
  else codecs.push(name);
}

/** Three of each: what was made first must still be right when the others were made. */
const trees: readonly Tree[] = ["first", "second", "third"].map((name) => ({
  [`${name}.txt`]: `${name} `.repeat(200),
  ...Object.fromEntries(
    Array.from({ length: 150 }, (_, index) => [`d${index % 5}/${index}`, `${name} ${text(index * 40)}`]),
  ),
  "noise.bin": noise(20_000, name),
  "large.txt": text(4_500_000, `${name}, and what else there is `),
  "large.bin": Buffer.concat([noise(4_200_000, name), Buffer.alloc(300_000, name)]),
}));

interface Made {
  readonly created: CreatedArchive;
  readonly data: Uint8Array;
}

/** Compares all of an archive with the tree, by a decoder that has nothing to do with the encoder. */
async function expectContent({ created, data }: Made, tree: Tree): Promise<void> {
  const archive = openArchive(created.index.bytes, bufferSource(data));
  expect(archive.entryCount).toBe(Object.keys(tree).length);
  let compressed = 0;
  for (const entry of archive.entries()) {
    const content = await archive.readFile(entry.path);
    expect(Buffer.from(content).equals(Buffer.from(tree[entry.path] ?? "")), entry.path).toBe(true);
    if (entry.compression === "zstd") compressed++;
  }
  expect(compressed).toBeGreaterThan(100);
}

async function collected(
  make: (sink: { write(chunk: Uint8Array): void }) => Promise<CreatedArchive>,
): Promise<Made> {
  const chunks: Uint8Array[] = [];
  const created = await make({ write: (chunk) => void chunks.push(chunk) });
  return { created, data: Buffer.concat(chunks) };
}

describe.each(codecs)("archives by %s, three in one process", (name) => {
  test("one after the other, on this thread", async () => {
    for (const tree of trees) {
      const root = await writeTree(await scratchDirectory(), tree);
      const encoder = await loadZstdEncoder(name);
      await expectContent(await collected((sink) => createArchive(root, sink, { zstd: encoder })), tree);
    }
  });

  test("all at the same time, on this thread", async () => {
    const made = trees.map(async (tree) => {
      const root = await writeTree(await scratchDirectory(), tree);
      const encoder = await loadZstdEncoder(name);
      return collected((sink) => createArchive(root, sink, { zstd: encoder }));
    });
    for (const [index, archive] of (await Promise.all(made)).entries())
      await expectContent(archive, trees[index] ?? {});
  });

  test("in workers", async () => {
    for (const tree of trees) {
      const root = await writeTree(await scratchDirectory(), tree);
      const listing = await listDirectory(root, { shouldCompress: () => true });
      await listing.end();
      const encoder = await loadZstdEncoder(name);
      const setup = { level: 3, changeDetection: "none", encoder: name } as const;
      const stage = createWorkerStage(2, setup, workerUrl);
      await expectContent(await collected((sink) => writeArchive(listing, stage, encoder, sink, {})), tree);
    }
  });
});
