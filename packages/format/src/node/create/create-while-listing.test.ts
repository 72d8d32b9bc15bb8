import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { compilePackage } from "@blob/testing";

import { scratchDirectory } from "../../testing/scratch-directory.js";
import type * as nodeModule from "../index.js";
import type { CreateProgress } from "../files/progress.js";

const compiled = compilePackage("format");
const { createArchiveFiles, openLocalArchive }: typeof nodeModule = await import(
  new URL("node/index.js", compiled).href
);

const files = 6000;

/** So many files that their listing takes several turns: threads begin before it ends. */
let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "blob-format-"));
  for (let index = 0; index < files; index++) {
    const folder = join(root, `d${String(Math.floor(index / 100)).padStart(2, "0")}`);
    if (index % 100 === 0) mkdirSync(folder);
    writeFileSync(join(folder, `f${index}`), `file ${index}`);
  }
});
// What a test adds goes into the directory that comes last.
beforeEach(() => {
  rmSync(join(root, "z"), { recursive: true, force: true });
  mkdirSync(join(root, "z"));
});
afterAll(() => rmSync(root, { recursive: true }));

describe("an archive that is begun before all files are listed", () => {
  test("has all of them, and says how many there are as soon as that is known", async () => {
    const out = await scratchDirectory();
    const seen: CreateProgress[] = [];
    await createArchiveFiles(root, out, {
      workers: 2,
      onProgress: (progress) => seen.push(progress),
    });
    const archive = await openLocalArchive(out);
    expect(archive.entryCount).toBe(files);
    expect(Buffer.from(await archive.readFile("d59/f5999")).toString()).toBe("file 5999");
    await archive.close();
    const stages = seen.map(({ stage }) => stage);
    expect(stages.lastIndexOf("enumerating")).toBeLessThan(stages.indexOf("compressing"));
    expect(seen.at(-1)).toMatchObject({ filesDone: files, filesTotal: files });
    expect(seen.filter(({ filesTotal }) => filesTotal !== 0 && filesTotal !== files)).toEqual([]);
  });

  test.each(["z", "z/new", "z/new/deeper", "link/new"])(
    "does not find itself when it is made in the directory: %s",
    async (place) => {
      const elsewhere = await scratchDirectory();
      symlinkSync(join(root, "z"), join(elsewhere, "link"));
      const out = join(place.startsWith("link") ? elsewhere : root, place);
      const first = await createArchiveFiles(root, out, { workers: 1 });
      expect(first).toMatchObject({ files, skipped: [] });
      const again = await createArchiveFiles(root, out, { workers: 1 });
      expect(again.files).toBe(files);
      expect(again.skipped.map(({ reason }) => reason)).toEqual(["output", "output"]);
      expect(again.index.digest).toBe(first.index.digest);
    },
  );

  test("leaves nothing behind when the listing fails after it was begun", async () => {
    const out = await scratchDirectory();
    await expect(createArchiveFiles(root, out, { workers: 2, maxFiles: files - 1 })).rejects.toMatchObject({
      code: "TooManyFiles",
    });
    symlinkSync("nowhere", join(root, "z/link"));
    await expect(createArchiveFiles(root, out, { workers: 2, symlinks: "error" })).rejects.toMatchObject({
      code: "InvalidArgument",
      path: "z/link",
    });
    expect(readdirSync(out)).toEqual([]);
  });
});
