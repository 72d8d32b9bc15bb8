import { chmodSync, lstatSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { openArchive } from "../../reading/archive-reader.js";
import { bufferSource } from "../../sources/buffer-source.js";
import { scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { createArchive } from "./create-archive.js";
import type { CreateOptions } from "./create-options.js";
import { diffDirectory } from "../sync/diff-directory.js";

async function create(root: string, options?: CreateOptions) {
  const chunks: Uint8Array[] = [];
  const created = await createArchive(root, { write: (chunk) => void chunks.push(chunk) }, options);
  return { created, archive: openArchive(created.index.bytes, bufferSource(Buffer.concat(chunks))) };
}

/** A directory with a file of this time, in seconds; nothing where the file system cannot hold it. */
async function directoryWith(seconds: string): Promise<string | undefined> {
  const root = await writeTree(await scratchDirectory(), { "sub/far.txt": "far", "sub/near.txt": "near" });
  utimesSync(join(root, "sub/far.txt"), seconds, seconds);
  const { mtimeNs } = lstatSync(join(root, "sub/far.txt"), { bigint: true });
  if (mtimeNs / 1_000_000_000n === BigInt(seconds)) return root;
  console.log(`not tested: ${seconds} seconds after 1970, which this file system cannot hold`);
  return undefined;
}

describe("times", () => {
  test.each(["-1", "-1815350400", "0", "4102444800", "9223372036"])(
    "%s seconds are kept exactly",
    async (seconds) => {
      const root = await directoryWith(seconds);
      if (root === undefined) return;
      const { archive } = await create(root);
      expect(archive.entry("sub/far.txt")?.mtimeNs).toBe(BigInt(seconds) * 1_000_000_000n);
    },
  );

  test.each(["9223372037", "10413792000", "15032385535", "-9223372037"])(
    "%s seconds, which no archive can say, are refused with the file's name",
    async (seconds) => {
      const root = await directoryWith(seconds);
      if (root === undefined) return;
      await expect(create(root)).rejects.toMatchObject({
        code: "InvalidArgument",
        path: "sub/far.txt",
        message: expect.stringMatching(/far\.txt.* (?:2262|2300|2446|1677)-/),
      });
      // Where the time is not stored it does not matter, and what is compared is not refused.
      const { archive } = await create(root, { reproducible: { sourceDateEpoch: 0 } });
      expect(archive.entry("sub/far.txt")?.mtimeNs).toBe(0n);
      const same = { added: [], removed: [], changed: [] };
      expect(await diffDirectory(archive, root)).toMatchObject(same);
      expect(await diffDirectory(archive, root, { quick: true })).toMatchObject(same);
    },
  );

  test("an epoch that 64 bits of nanoseconds cannot hold is refused", async () => {
    const root = await writeTree(await scratchDirectory(), { a: "" });
    for (const sourceDateEpoch of [9_223_372_037, -9_223_372_037, 99_999_999_999]) {
      await expect(create(root, { reproducible: { sourceDateEpoch } })).rejects.toMatchObject({
        code: "InvalidArgument",
      });
    }
  });
});

test("bits of the mode that an archive does not have are dropped, and reported", async () => {
  const root = await writeTree(await scratchDirectory(), { a: "", "b/c": "", "b/d": "", e: "" });
  chmodSync(join(root, "a"), 0o4755);
  chmodSync(join(root, "b/c"), 0o6711);
  chmodSync(join(root, "e"), 0o1644);
  const bits = lstatSync(join(root, "a")).mode & 0o7000;
  if (bits !== 0o4000 || (lstatSync(join(root, "e")).mode & 0o7000) !== 0o1000) {
    console.log("not tested: special bits of modes, which this user or system cannot set");
    return;
  }
  const { created, archive } = await create(root);
  expect(created.modeBitsDropped).toEqual([
    { path: "a", bits: ["setuid"] },
    { path: "b/c", bits: ["setuid", "setgid"] },
    { path: "e", bits: ["sticky"] },
  ]);
  expect(created.skipped).toEqual([]);
  expect([...archive.entries()].map(({ mode }) => mode)).toEqual([0o755, 0o711, 0o644, 0o644]);
});
