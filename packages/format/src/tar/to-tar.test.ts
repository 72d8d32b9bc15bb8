import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { archiveOfFiles } from "../testing/archive-of-files.js";
import { collectBytes } from "../testing/collect.js";
import { readTree, scratchDirectory } from "../testing/scratch-directory.js";
import { toTar } from "./to-tar.js";

const mebibyte = 1024 * 1024;

function tarOf(file: string, ...flags: string[]): string {
  return execFileSync("tar", [...flags, "-f", file], {
    encoding: "utf8",
    env: { ...process.env, TZ: "UTC" },
  });
}

const long = `${"d".repeat(90)}/${"e".repeat(90)}/${"f".repeat(120)}`;

const tree = archiveOfFiles([
  { path: "a-b", content: "1", mode: 0o600 },
  { path: "a/b/c.txt", content: "2", mtimeNs: 1_700_000_000_123_456_789n },
  { path: "a/b/d.sh", content: "#!/bin/sh\n", mode: 0o755 },
  { path: "a/e", content: new Uint8Array(1024) },
  { path: "ünïcödé/\u{1f600}", content: "3" },
  { path: long, content: "4", mtimeNs: -1_500_000_000n },
  { path: "empty" },
]);

describe("what tar makes of it", () => {
  test("it lists directories before what is in them, and files in the archive's order", async () => {
    const file = join(await scratchDirectory(), "it.tar");
    writeFileSync(file, await collectBytes(toTar(tree.archive)));
    const names = tarOf(file, "-t", "--quoting-style=literal").trim().split("\n");
    expect(names.filter((name) => !name.endsWith("/"))).toEqual(
      Array.from(tree.archive.entries(), ({ path }) => path),
    );
    expect(names.slice(0, 6)).toEqual(["a-b", "a/", "a/b/", "a/b/c.txt", "a/b/d.sh", "a/e"]);
    expect(new Set(names).size).toBe(names.length);
    expect(tarOf(file, "-tv", "--full-time", "--numeric-owner")).toMatch(
      /^-rw------- 0\/0 +1 1970-01-01 00:00:00(?:\.0+)? a-b\n/u,
    );
  });

  test("it unpacks contents, modes and times", async () => {
    const directory = await scratchDirectory();
    const file = join(directory, "it.tar");
    writeFileSync(file, await collectBytes(toTar(tree.archive)));
    tarOf(file, "-x", "-p", "-C", directory);
    for (const entry of tree.archive.entries()) {
      const path = join(directory, entry.path);
      const { mode, mtimeNs } = statSync(path, { bigint: true });
      expect([entry.path, mode & 0o777n, mtimeNs]).toEqual([entry.path, BigInt(entry.mode), entry.mtimeNs]);
      expect(new Uint8Array(readFileSync(path))).toEqual(
        new Uint8Array(await tree.archive.readFile(entry.path)),
      );
    }
  });

  test("a part of it, with or without the way there", async () => {
    const directory = await scratchDirectory();
    const file = join(directory, "it.tar");
    writeFileSync(file, await collectBytes(toTar(tree.archive, { directory: "/a/b" })));
    expect(tarOf(file, "-t")).toBe("a/\na/b/\na/b/c.txt\na/b/d.sh\n");
    writeFileSync(file, await collectBytes(toTar(tree.archive, { directory: "a/b/", strip: true })));
    expect(tarOf(file, "-t")).toBe("c.txt\nd.sh\n");
    writeFileSync(file, await collectBytes(toTar(tree.archive, { directory: "a", directories: false })));
    expect(tarOf(file, "-t")).toBe("a/b/c.txt\na/b/d.sh\na/e\n");
    expect(() => toTar(tree.archive, { directory: "nowhere" })).toThrow(
      expect.objectContaining({ code: "NotFound" }),
    );
  });

  test("an archive without files", async () => {
    const directory = await scratchDirectory();
    const file = join(directory, "it.tar");
    writeFileSync(file, await collectBytes(toTar(archiveOfFiles([]).archive)));
    tarOf(file, "-x", "-C", directory);
    expect(await readTree(directory)).toEqual({ "it.tar": "\0".repeat(1024) });
  });
});

test("it is the same each time", async () => {
  const [one, two] = [await collectBytes(toTar(tree.archive)), await collectBytes(toTar(tree.archive))];
  expect(one).toEqual(two);
});

describe("how the archive is read", () => {
  const small = Array.from({ length: 200 }, (_, at) => ({
    path: `files/${String(at).padStart(3, "0")}`,
    content: `content ${String(at)}`,
  }));

  test("neighbours by one request", async () => {
    const { archive, reads } = archiveOfFiles(small);
    await collectBytes(toTar(archive));
    expect(reads).toHaveLength(1);
  });

  test("files that are far apart by requests of their own, and large ones piece by piece", async () => {
    const { archive, reads } = archiveOfFiles([
      { path: "a", content: "a" },
      { path: "b", content: new Uint8Array(9 * mebibyte).fill(1) },
      { path: "c", content: "c" },
      { path: "d/x", content: new Uint8Array(mebibyte) },
      { path: "e", content: "e" },
    ]);
    let most = 0;
    for await (const chunk of toTar(archive)) most = Math.max(most, chunk.length);
    expect(most).toBeLessThanOrEqual(mebibyte);
    expect(reads.filter(({ length }) => length > 0)).toHaveLength(3);
  });

  test("nothing before somebody asks, no further than the next request, and it is let go early", async () => {
    const { archive, reads, openReads } = archiveOfFiles(
      Array.from({ length: 10 }, (_, at) => ({ path: String(at), content: new Uint8Array(3 * mebibyte) })),
    );
    const stream = toTar(archive);
    expect(reads).toHaveLength(0);
    await stream.next();
    expect(reads.length).toBeLessThanOrEqual(2);
    await stream.return(undefined);
    expect(openReads()).toBe(0);
    expect(reads.length).toBeLessThanOrEqual(2);
  });

  test("an abort ends it with the signal's reason, and frees the source", async () => {
    const { archive, openReads } = archiveOfFiles([{ path: "a", content: new Uint8Array(20 * mebibyte) }]);
    const abort = new AbortController();
    const reason = new Error("enough");
    const stream = toTar(archive, { signal: abort.signal });
    await stream.next();
    await stream.next();
    abort.abort(reason);
    await expect(collectBytes(stream)).rejects.toBe(reason);
    expect(openReads()).toBe(0);
  });
});

describe("a file that is not what the index promises", () => {
  test.each([10, 6 * mebibyte])("of %i bytes: its last byte is not given out", async (size) => {
    const { archive, data } = archiveOfFiles([{ path: "a", content: new Uint8Array(size).fill(7) }]);
    data[size - 1] = 8;
    let given = 0;
    const read = async (): Promise<void> => {
      for await (const chunk of toTar(archive)) given += chunk.length;
    };
    await expect(read()).rejects.toMatchObject({ code: "HashMismatch", path: "a" });
    expect(given).toBeLessThan(512 + size);
  });

  test("a source with fewer bytes", async () => {
    const { archive } = archiveOfFiles([{ path: "a", content: "0123456789" }]);
    const short = {
      ...archive.data,
      read: () => archiveOfFiles([]).archive.data.read({ offset: 0, length: 0 }),
    };
    await expect(collectBytes(toTar({ ...archive, data: short }))).rejects.toMatchObject({
      code: "SourceMismatch",
    });
  });
});
