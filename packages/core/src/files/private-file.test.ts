import { execFileSync } from "node:child_process";
import { truncateSync } from "node:fs";
import { chown, lchown, mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readPrivateFile } from "./private-file.js";
import { scratchDirectory } from "../testing/scratch-directory.js";

const isRoot = process.geteuid?.() === 0;
if (!isRoot) console.info("only root can make files of other users: these are not tried");
const hasPipes = process.platform !== "win32";

test("a file of ours is read whole, up to the bound, and nothing is no error", async () => {
  const file = path.join(await scratchDirectory(), "file");
  expect(await readPrivateFile(file, 7)).toBeUndefined();
  await writeFile(file, "content");
  expect(Buffer.from((await readPrivateFile(file, 7)) ?? []).toString()).toBe("content");
  await writeFile(file, "");
  expect(await readPrivateFile(file, 7)).toEqual(new Uint8Array());
});

/** What may stand where a file should: puts it there. */
const others: Readonly<Record<string, (file: string, outside: string) => unknown>> = {
  link: (file, outside) => symlink(outside, file),
  "dangling link": (file, outside) => symlink(`${outside}-not-there`, file),
  "larger file": async (file) => {
    await writeFile(file, "");
    truncateSync(file, 1024 ** 4);
  },
  ...(hasPipes
    ? {
        pipe: (file) => execFileSync("mkfifo", [file]),
        device: (file) => symlink("/dev/zero", file),
        socket: async (file) => {
          const server = createServer();
          onTestFinished(() => void server.close());
          await new Promise<void>((resolve) => server.listen(file, resolve));
        },
      }
    : {}),
  ...(isRoot
    ? {
        "file of another user": async (file) => {
          await writeFile(file, "theirs");
          await chown(file, 12_345, 12_345);
        },
        "link of another user": async (file, outside) => {
          await symlink(outside, file);
          await lchown(file, 12_345, 12_345);
        },
      }
    : {}),
};

test.each([...Object.keys(others), "directory"])("a %s is refused without waiting", async (kind) => {
  const scratch = await scratchDirectory();
  const [file, outside] = [path.join(scratch, "file"), path.join(scratch, "outside")];
  await writeFile(outside, "secret");
  if (kind === "directory") await mkdir(file);
  else await others[kind]?.(file, outside);
  await expect(readPrivateFile(file, 1000)).rejects.toMatchObject({
    code: "UnsafeFile",
    path: file,
    message: expect.stringMatching(/file (?:is not|belongs|has more).*: remove it$/u) as string,
  });
});
