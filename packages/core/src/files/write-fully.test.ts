import { open, readFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { scratchDirectory } from "../testing/scratch-directory.js";
import { writeFully } from "./write-fully.js";

/** A handle of a system that writes a few bytes at a time, as pipes and full disks do. */
function writesAtMost(handle: FileHandle, most: number): FileHandle {
  return {
    write: (chunk: Uint8Array, offset: number, length: number, position: number | null) =>
      handle.write(chunk, offset, Math.min(most, length), position),
  } as unknown as FileHandle;
}

test("all bytes are written, where the last ones ended or at a position", async () => {
  const file = path.join(await scratchDirectory(), "file");
  const handle = await open(file, "w");
  await writeFully(writesAtMost(handle, 3), Buffer.from("0123456789"));
  await writeFully(handle, Buffer.from("ab"));
  await writeFully(writesAtMost(handle, 1), Buffer.from("xyz"), 4);
  await writeFully(handle, Buffer.from(""));
  await writeFully(handle, Buffer.from("cd"));
  await handle.close();
  expect(await readFile(file, "utf8")).toBe("0123xyz789abcd");
});

test("a system that writes nothing is an error, and no endless loop", async () => {
  const handle = await open(path.join(await scratchDirectory(), "file"), "w");
  await expect(writeFully(writesAtMost(handle, 0), Buffer.from("x"))).rejects.toThrow("writes no byte");
  await handle.close();
});
