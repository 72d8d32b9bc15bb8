import { renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { placeOf } from "./found-files.js";
import { openFoundFile } from "../create/read-large-file.js";
import { SourceDirectories } from "./source-directories.js";
import { beginWalk } from "./walk.js";
import type { Listing } from "./walk.js";

const changed = expect.objectContaining({ code: "FileChanged", path: "z/f0" });

/** Files in `z`, and what replaces that by a link to another directory with such files. */
async function filesInZ(count: number): Promise<{ readonly root: string; readonly replace: () => void }> {
  const names = Array.from({ length: count }, (_, index) => `f${index}`);
  const scratch = await scratchDirectory();
  const root = await writeTree(join(scratch, "root"), Object.fromEntries(names.map((f) => [`z/${f}`, f])));
  const other = await writeTree(join(scratch, "other"), Object.fromEntries(names.map((f) => [f, "other"])));
  const replace = (): void => {
    renameSync(join(root, "z"), join(root, "moved-away"));
    symlinkSync(other, join(root, "z"));
  };
  return { root, replace };
}

// By handle there is nothing to be seen afterwards: `create-attacks.test.ts` has what holds for both.
describe("a directory by its path that becomes a link", () => {
  async function listed(root: string, onFound?: () => void): Promise<Listing> {
    return beginWalk(root, { access: "checked-paths", onFound });
  }

  test("while it is listed is an error", async () => {
    const { root, replace } = await filesInZ(700);
    let isReplaced = false;
    const listing = await listed(root, () => {
      if (!isReplaced) replace();
      isReplaced = true;
    });
    await expect(listing.end()).rejects.toMatchObject({ code: "FileChanged", path: "z" });
    await listing.close();
  });

  test("between files of a batch is an error before any of them is used", async () => {
    const { root, replace } = await filesInZ(2);
    const listing = await listed(root);
    const { files } = await listing.end();
    const sources = new SourceDirectories(listing.root);
    const { directory, name, path } = placeOf(listing.root, files, 0);
    sources.locate(directory, name, path);
    expect(() => sources.check()).not.toThrow();
    replace();
    expect(() => sources.check()).toThrow(changed);
    sources.close();
    await listing.close();
  });

  test("while a large file in it is opened is an error", async () => {
    const { root, replace } = await filesInZ(1);
    const listing = await listed(root);
    const { files } = await listing.end();
    const opening = openFoundFile(placeOf(listing.root, files, 0), "none");
    replace();
    await expect(opening).rejects.toThrow(changed);
    await listing.close();
  });
});
