import { describe, expect, test } from "vitest";

import { expectBytes, storedRange } from "../../testing/cut-files.js";
import { contents, damagedFiles, partBytes, paths } from "../../testing/damaged-files.js";
import { archiveFileSystem } from "./archive-file-system.js";

describe("a handle of the file system", () => {
  test.each(paths)("reads at a position what is needed there, verified: %s", async (path) => {
    const archive = await damagedFiles();
    const { promises } = archiveFileSystem(archive.open());
    const handle = await promises.open(`/${path}`);
    const target = Buffer.alloc(16 * 1024);
    for (let position = 9 * partBytes; position < 10 * partBytes; position += target.length) {
      expect((await handle.read(target, 0, target.length, position)).bytesRead).toBe(target.length);
      expectBytes(target, contents[path].subarray(position, position + target.length));
    }
    expect(archive.reads.splice(0)).toEqual([storedRange(archive, path, 9)]);
    await expect(handle.read(target, 0, 10, 6.5 * partBytes)).rejects.toMatchObject({
      code: "EIO",
      cause: { path, message: expect.stringContaining("chunk 6") },
    });
    await handle.close();
  });

  test.each(paths)("reads one after another by one request, nothing wrong of it: %s", async (path) => {
    const archive = await damagedFiles();
    const { promises } = archiveFileSystem(archive.open());
    const handle = await promises.open(`/${path}`);
    const target = Buffer.alloc(64 * 1024);
    let filled = 0;
    const reading = async (): Promise<void> => {
      for (;;) {
        const { bytesRead } = await handle.read(target);
        expectBytes(target.subarray(0, bytesRead), contents[path].subarray(filled, filled + bytesRead));
        filled += bytesRead;
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: "EIO", cause: { path } });
    expect(filled).toBe(6 * partBytes);
    expect(archive.reads).toEqual([storedRange(archive, path, 0, 11)]);
    await handle.close();
  });
});
