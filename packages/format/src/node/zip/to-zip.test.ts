import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { archiveOfFiles } from "../../testing/archive-of-files.js";
import { collectBytes } from "../../testing/collect.js";
import { scratchDirectory } from "../../testing/scratch-directory.js";
import { toZip } from "./to-zip.js";

const second = 1_000_000_000n;

const tree = archiveOfFiles([
  { path: "a/b.sh", content: "#!/bin/sh\n".repeat(500), mode: 0o755, mtimeNs: 1_700_000_000n * second },
  { path: "a/empty" },
  { path: "ünï/\u{1f600}", content: "3", mode: 0o600, mtimeNs: 1_700_000_001n * second },
  { path: "old", content: "4", mtimeNs: -5n * second },
  { path: "new", content: "5", mtimeNs: 5_000_000_000n * second },
]);

function unzip(file: string, ...flags: readonly string[]): string {
  return execFileSync("unzip", [...flags, file], { encoding: "utf8", env: { ...process.env, TZ: "UTC" } });
}

describe("what unzip makes of it", () => {
  test.each([false, true])("contents, modes and times, stored %s", async (store) => {
    const directory = await scratchDirectory();
    const file = join(directory, "it.zip");
    writeFileSync(file, await collectBytes(toZip(tree.archive, { store })));
    unzip(file, "-tq");
    execFileSync("unzip", ["-q", file, "-d", directory], { env: { ...process.env, LC_ALL: "C.UTF-8" } });
    for (const { path, mode } of tree.archive.entries()) {
      const location = join(directory, path);
      expect([path, statSync(location).mode & 0o777]).toEqual([path, mode]);
      expect(new Uint8Array(readFileSync(location))).toEqual(
        new Uint8Array(await tree.archive.readFile(path)),
      );
    }
    expect(statSync(join(directory, "a/b.sh"), { bigint: true }).mtimeNs).toBe(1_700_000_000n * second);
  });

  test("a part of it, without the way there", async () => {
    const file = join(await scratchDirectory(), "it.zip");
    writeFileSync(file, await collectBytes(toZip(tree.archive, { directory: "a", strip: true })));
    expect(execFileSync("unzip", ["-Z1", file], { encoding: "utf8" })).toBe("b.sh\nempty\n");
    expect(() => toZip(tree.archive, { directory: "nowhere" })).toThrow(
      expect.objectContaining({ code: "NotFound" }),
    );
  });
});

test("it is the same each time, in every time zone", async () => {
  const digest = async (): Promise<string> =>
    createHash("sha256")
      .update(await collectBytes(toZip(tree.archive)))
      .digest("hex");
  const zone = process.env["TZ"];
  const digests = new Set<string>();
  try {
    for (const one of ["UTC", "Pacific/Kiritimati", "America/Los_Angeles", "Etc/GMT+12"]) {
      process.env["TZ"] = one;
      digests.add(await digest());
    }
  } finally {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
  }
  expect(digests.size).toBe(1);
});

describe("what is not as it should be", () => {
  test.each([10, 6 * 1024 * 1024])("a file of %i bytes with another content", async (size) => {
    const { archive, data, openReads } = archiveOfFiles([
      { path: "a", content: "fine" },
      { path: "b", content: new Uint8Array(size).fill(7) },
    ]);
    data[size - 1] = 8;
    await expect(collectBytes(toZip(archive))).rejects.toMatchObject({ code: "HashMismatch", path: "b" });
    expect(openReads()).toBe(0);
  });

  test.each(["a\\b", "C:/x", "c:x"])("the name %j", async (path) => {
    const { archive } = archiveOfFiles([{ path, content: "x" }]);
    await expect(collectBytes(toZip(archive))).rejects.toMatchObject({ code: "InvalidPath", path });
  });

  test("an abort, and leaving it early", async () => {
    const { archive, openReads } = archiveOfFiles([{ path: "a", content: new Uint8Array(20_000_000) }]);
    const abort = new AbortController();
    const reason = new Error("enough");
    const stream = toZip(archive, { signal: abort.signal, store: true });
    await stream.next();
    abort.abort(reason);
    await expect(collectBytes(stream)).rejects.toBe(reason);
    const other = toZip(archive, { store: true });
    await other.next();
    await other.return(undefined);
    await expect.poll(openReads, { timeout: 60_000 }).toBe(0);
  });
});
