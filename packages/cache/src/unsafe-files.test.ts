import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { truncateSync } from "node:fs";
import { chown, lchown, readFile, symlink, unlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createCaches } from "./caches.js";
import { createDiskStore } from "./disk-store.js";
import { scratchDirectory } from "./testing/scratch-directory.js";

const isRoot = process.geteuid?.() === 0;
if (!isRoot) console.info("only root can make files of other users: these are not tried");
const hasPipes = process.platform !== "win32";

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

test.each(Object.keys(others))(
  "a %s in the place of an entry is a miss, is told about, and gives way",
  async (kind) => {
    const scratch = await scratchDirectory();
    const outside = path.join(scratch, "outside");
    await writeFile(outside, "secret");
    const directory = path.join(scratch, "caches");
    const told: unknown[] = [];
    const maxBytes = { refs: 1_000_000 };
    const caches = createCaches({ directory, maxBytes, onWarning: (_cache, error) => told.push(error) });
    const digest = `sha256:${"0".repeat(64)}`;
    await caches.refs.put("ref", digest);

    const store = createDiskStore({ directory: path.join(directory, "refs"), maxBytes: maxBytes.refs });
    let file = "";
    for await (const { key } of store.entries()) file = store.locate(key) ?? "";
    await unlink(file);
    await others[kind]?.(file, outside);

    expect(await caches.refs.get("ref")).toBeUndefined();
    expect(told).toMatchObject([{ code: "UnsafeFile", path: file }]);
    await caches.refs.put("ref", digest);
    expect(await caches.refs.get("ref")).toMatchObject({ digest });
    expect(await readFile(outside, "utf8")).toBe("secret");
  },
);

test("a content that is larger than its cache is not hashed for hours", async () => {
  const directory = path.join(await scratchDirectory(), "caches");
  const caches = createCaches({ directory });
  const hash = createHash("sha256").update("content").digest();
  await caches.content.put(hash, [Buffer.from("content")]);
  const store = createDiskStore({ directory: path.join(directory, "content"), maxBytes: 1 });
  truncateSync(store.locate(hash.toString("hex")) ?? "", 1024 ** 4);
  expect(await caches.content.open(hash)).toBeUndefined();
  expect(await caches.content.get(hash)).toBeUndefined();
});
