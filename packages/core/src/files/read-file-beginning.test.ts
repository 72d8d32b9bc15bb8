import { open, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { scratchDirectory } from "../testing/scratch-directory.js";
import { readFileBeginning } from "./read-file-beginning.js";

test.each([
  [0, 10, false],
  [10, 10, false],
  [11, 10, true],
  [1_000_000, 1_000_000, false],
  [1_000_000, 600_000, true],
  [5, 0, true],
])("of a file of %i bytes %i may be read", async (size, limit, isCut) => {
  const file = path.join(await scratchDirectory(), "file");
  const content = Buffer.from(Uint8Array.from({ length: size }, (_, at) => at));
  await writeFile(file, content);
  await using handle = await open(file);
  const beginning = await readFileBeginning(handle, limit);
  expect(beginning.isCut).toBe(isCut);
  expect(content.subarray(0, limit).equals(beginning.bytes)).toBe(true);
});

test("a file that never ends is read no further", async () => {
  if (process.platform === "win32") {
    console.info("not shown here: files without an end");
    return;
  }
  await using handle = await open("/dev/zero");
  expect(await readFileBeginning(handle, 100)).toEqual({ bytes: new Uint8Array(100), isCut: true });
});

test("an aborted signal ends it with its reason", async () => {
  await using handle = await open(process.execPath);
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(readFileBeginning(handle, 100, { signal })).rejects.toThrow("enough");
});
