import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Entry } from "../entry.js";
import { createArchiveFiles, openLocalArchive } from "../node/index.js";
import { writeTree } from "../testing/scratch-directory.js";

/** Several megabytes that compress well, but not to nothing: every line has something of its own. */
const log = Array.from(
  { length: 60_000 },
  (_, line) =>
    `${String(line).padStart(6, "0")} GET /assets/${createHash("md5").update(`${line}`).digest("hex")} 200\n`,
).join("");

export const sampleTree = {
  "docs/empty.txt": "",
  "docs/hello.txt": "Hello, ".repeat(100) + "wörld\n",
  "docs/intact.txt": "intact\n",
  "large.log": log,
  "readme.md": "# An archive\n",
};

/** The content of `sampleTree` as archives in the directories `zstd`, `none`, `handled`, and `damaged`, where one byte is wrong. */
export async function writeSampleArchives(directory: string): Promise<void> {
  const tree = await writeTree(join(directory, "tree"), sampleTree);
  for (const name of ["zstd", "none", "handled"] as const) {
    await createArchiveFiles(tree, join(directory, name), {
      compression: name === "none" ? "none" : "zstd",
      skipCompression: [],
      workers: 0,
    });
  }
  await damage(join(directory, "none"), join(directory, "damaged"), "docs/hello.txt");
}

async function damage(from: string, to: string, path: string): Promise<void> {
  const offset = (await entriesOf(from)).get(path)?.dataOffset ?? 0;
  const data = await readFile(join(from, "data.blob"));
  data.writeUInt8(data.readUInt8(offset) ^ 1, offset);
  await mkdir(to);
  await copyFile(join(from, "index.blob"), join(to, "index.blob"));
  await writeFile(join(to, "data.blob"), data);
}

/** The entries of an archive on disk by their paths. */
export async function entriesOf(directory: string): Promise<ReadonlyMap<string, Entry>> {
  const archive = await openLocalArchive(directory);
  try {
    return new Map(Array.from(archive.entries(), (entry) => [entry.path, entry]));
  } finally {
    await archive.close();
  }
}
