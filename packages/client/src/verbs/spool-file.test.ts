import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSpoolFile } from "./spool-file.js";

let directory = "";
let archived = "";
let parent = "";

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-spool-file-"));
  [archived, parent] = [path.join(directory, "site"), path.join(directory, "site-tmp")];
  await mkdir(archived);
  await mkdir(parent);
});

afterEach(() => rm(directory, { recursive: true, force: true }));

test("what is written can be read, more than once, and nothing of it is left", async () => {
  const spool = await createSpoolFile(parent, archived);
  await spool?.write(Buffer.from("one, "));
  await spool?.write(Buffer.from("two"));
  const { signal } = new AbortController();
  for (let time = 0; time < 2; time++) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of spool?.read(signal) ?? []) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe("one, two");
  }
  await spool?.remove();
  expect(await readdir(parent)).toEqual([]);
});

test.each([
  ["the directory itself", "site"],
  ["one below it", "site/tmp"],
  ["a link to one below it", "link"],
])("%s, which is being archived, is no place for it", async (_name, place) => {
  await mkdir(path.join(archived, "tmp"));
  await symlink(path.join(archived, "tmp"), path.join(directory, "link"));
  expect(await createSpoolFile(path.join(directory, place), archived)).toBeUndefined();
  expect(await createSpoolFile(path.join(directory, place), path.join(directory, "link"))).toEqual(
    place === "site" ? expect.anything() : undefined,
  );
  expect(await readdir(path.join(archived, "tmp"))).toEqual([]);
});

test("a place that is not there, or is none, is named", async () => {
  await writeFile(path.join(directory, "file"), "a file");
  for (const name of ["missing", "file"]) {
    const temporaryDirectory = path.join(directory, name);
    await expect(createSpoolFile(temporaryDirectory, archived)).rejects.toMatchObject({
      code: "TemporaryDirectory",
      path: temporaryDirectory,
    });
  }
});

test("a full disk is told, with the file, and nothing is left there", async ({ skip }) => {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", parent], { stdio: "ignore" });
  } catch {
    return skip("mounting a small file system needs root");
  }
  try {
    const spool = await createSpoolFile(parent, archived);
    await expect(spool?.write(new Uint8Array(2_000_000))).rejects.toMatchObject({
      code: "FileSystem",
      path: expect.stringContaining(parent) as string,
      cause: { code: "ENOSPC" },
    });
    await spool?.remove();
    expect(await readdir(parent)).toEqual([]);
  } finally {
    execFileSync("umount", ["-l", parent]);
  }
});
