import { chmod, chown, lstat, mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { scratchDirectory } from "../testing/scratch-directory.js";
import { isOurs, isPrivateDirectory, makePrivateDirectory } from "./private-directory.js";
import { isMissing, isSystemError } from "./system-error.js";

test("a directory that is missing is made for us alone, with those above it", async () => {
  const directory = path.join(await scratchDirectory(), "a", "b");
  expect(await isPrivateDirectory(directory)).toBe(false);
  await makePrivateDirectory(directory);
  expect(await isPrivateDirectory(directory)).toBe(true);
  if (process.platform !== "win32") expect((await lstat(directory)).mode & 0o777).toBe(0o700);
  await makePrivateDirectory(directory);
});

test("a file or a link is refused, wherever it leads", async () => {
  const scratch = await scratchDirectory();
  const [file, link, real] = ["file", "link", "real"].map((name) => path.join(scratch, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(file, "");
  await mkdir(real);
  await symlink(real, link, "junction");
  for (const other of [file, link]) {
    const refused = { code: "UnsafeDirectory", message: expect.stringContaining("is not a directory") };
    await expect(isPrivateDirectory(other)).rejects.toMatchObject(refused);
    await expect(makePrivateDirectory(other)).rejects.toMatchObject(refused);
  }
});

test("a path below a file is an error of the file system", async () => {
  const file = path.join(await scratchDirectory(), "file");
  await writeFile(file, "");
  await expect(isPrivateDirectory(path.join(file, "below"))).rejects.toMatchObject({ code: "ENOTDIR" });
});

test.each([
  [0o720, false],
  [0o702, false],
  [0o777, false],
  [0o700, true],
  [0o755, true],
  [0o500, true],
])("of a directory with the permissions %i: only we can change it: %s", async (mode, isPrivate) => {
  if (process.platform === "win32") {
    console.log("not shown here: permissions, which Windows does not have");
    return;
  }
  const directory = await scratchDirectory();
  await chmod(directory, mode);
  const answer = await isPrivateDirectory(directory).catch((error: unknown) => error);
  expect(answer).toEqual(
    isPrivate
      ? true
      : expect.objectContaining({
          code: "UnsafeDirectory",
          message: expect.stringContaining("can be changed by other users"),
        }),
  );
  await chmod(directory, 0o700);
});

test("a directory of somebody else is refused", async () => {
  if (process.geteuid?.() !== 0) {
    console.log("not shown here: directories of other users, which only root can make");
    return;
  }
  const directory = path.join(await scratchDirectory(), "theirs");
  await mkdir(directory, { mode: 0o700 });
  await chown(directory, 12_345, 12_345);
  expect(isOurs(await lstat(directory))).toBe(false);
  await expect(isPrivateDirectory(directory)).rejects.toMatchObject({
    code: "UnsafeDirectory",
    message: expect.stringContaining("belongs to another user"),
  });
});

test("only an error with the code has it", () => {
  expect(isMissing(Object.assign(new Error("gone"), { code: "ENOENT" }))).toBe(true);
  expect(isSystemError(Object.assign(new Error("no"), { code: "EACCES" }), "ENOENT", "EACCES")).toBe(true);
  for (const other of [
    Object.assign(new Error("no"), { code: "EACCES" }),
    Object.assign(new Error("odd"), { code: ["ENOENT"] }),
    new Error("ENOENT"),
    { code: "ENOENT" },
    undefined,
    null,
    "ENOENT",
  ]) {
    expect(isMissing(other)).toBe(false);
  }
});
