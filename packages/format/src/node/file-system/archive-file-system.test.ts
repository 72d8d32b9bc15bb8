import * as diskFs from "node:fs";
import * as disk from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import git from "isomorphic-git";
import { glob } from "tinyglobby";
import { beforeAll, describe, expect, test } from "vitest";

import type { Archive } from "../../archive.js";
import { openArchive } from "../../reading/archive-reader.js";
import { bufferSource } from "../../sources/buffer-source.js";
import type { ByteRange, ByteSource } from "../../sources/byte-source.js";
import { noise, text } from "../../testing/sample-content.js";
import { scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { createArchive } from "../create/create-archive.js";
import { nodeSha256 } from "../read/node-sha256.js";
import { archiveFileSystem } from "./archive-file-system.js";
import type { ArchiveFileSystem } from "./archive-file-system.js";

interface Packed {
  readonly archive: Archive;
  readonly fs: ArchiveFileSystem;
  /** What was asked of the source. */
  readonly reads: ByteRange[];
}

/** The archive of a directory. `damage` may change its data. */
async function pack(root: string, damage: (data: Buffer) => void = () => undefined): Promise<Packed> {
  const chunks: Uint8Array[] = [];
  const { index } = await createArchive(root, { write: (chunk) => void chunks.push(chunk) });
  const data = Buffer.concat(chunks);
  damage(data);
  const inner = bufferSource(data);
  const reads: ByteRange[] = [];
  const source: ByteSource = {
    ...inner,
    read(range, options) {
      reads.push(range);
      return inner.read(range, options);
    },
  };
  const archive = openArchive(index.bytes, source, { sha256: nodeSha256 });
  return { archive, fs: archiveFileSystem(archive), reads };
}

const tree = {
  "README.md": "# Hello\n",
  "bin/run.sh": "#!/bin/sh\n",
  "css/deep/er/x.css": "a{}",
  "css/style.css": text(300_000),
  "empty.txt": "",
  "noise.bin": noise(300_000),
  "é/ü.txt": "umlaut",
};

let root: string;
let packed: Packed;

beforeAll(async () => {
  root = await disk.mkdtemp(join(await disk.realpath(tmpdir()), "blob-format-"));
  await writeTree(root, tree);
  await disk.chmod(join(root, "bin/run.sh"), 0o755);
  await disk.chmod(join(root, "README.md"), 0o640);
  packed = await pack(root);
  return () => disk.rm(root, { recursive: true });
});

/** What came of it, in a form that can be compared: paths of the disk as those of the archive. */
async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error)) return error;
    const { code, errno, syscall, path } = error as NodeJS.ErrnoException;
    return { code, errno, syscall, path: path?.startsWith(root) === true ? path.slice(root.length) : path };
  }
}

/** The same call on the archive and on the disk. */
type Call = (fs: typeof disk, at: (path: string) => string) => unknown;

const calls: Readonly<Record<string, Call>> = {
  "readFile without an encoding": (fs, at) => fs.readFile(at("/css/style.css")),
  "readFile as text": (fs, at) => fs.readFile(at("/é/ü.txt"), "utf8"),
  "readFile as base64": (fs, at) => fs.readFile(at("/README.md"), { encoding: "base64" }),
  "readFile of an empty file": (fs, at) => fs.readFile(at("/empty.txt"), "latin1"),
  "readFile of nothing": (fs, at) => fs.readFile(at("/nothing")),
  "readFile below a file": (fs, at) => fs.readFile(at("/README.md/x")),
  "readFile of a file with a slash": (fs, at) => fs.readFile(at("/README.md/")),
  "access to a file": (fs, at) => fs.access(at("/README.md")),
  "access to run": (fs, at) => fs.access(at("/bin/run.sh"), diskFs.constants.X_OK),
  "access to nothing": (fs, at) => fs.access(at("/nothing")),
  "readlink of a file": (fs, at) => fs.readlink(at("/README.md")),
  "readlink of nothing": (fs, at) => fs.readlink(at("/nothing")),
  "stat of nothing": (fs, at) => fs.stat(at("/a/b")),
  "lstat of nothing": (fs, at) => fs.lstat(at("/a/b")),
  "stat below a file": (fs, at) => fs.stat(at("/css/style.css/b/c")),
  "realpath of nothing": (fs, at) => fs.realpath(at("/css/nothing")),
  "realpath by a detour": async (fs, at) => (await fs.realpath(at("/css/../bin/./run.sh"))).replace(root, ""),
  "readdir of the root": async (fs, at) => (await fs.readdir(at("/"))).toSorted(),
  "readdir as buffers": async (fs, at) => (await fs.readdir(at("/é"), "buffer")).map(String),
  "readdir of a file": (fs, at) => fs.readdir(at("/README.md")),
  "readdir of nothing": (fs, at) => fs.readdir(at("/nothing")),
  "readdir of all": async (fs, at) => (await fs.readdir(at("/"), { recursive: true })).toSorted(),
  "readdir with types": async (fs, at) =>
    (await fs.readdir(at("/css"), { withFileTypes: true })).map((found) => [
      found.name,
      found.isFile(),
      found.isDirectory(),
      found.isSymbolicLink(),
      found.parentPath.replace(root, ""),
    ]),
  "readdir of all with types": async (fs, at) =>
    (await fs.readdir(at("/css"), { withFileTypes: true, recursive: true }))
      .map((found) => `${found.parentPath.replace(root, "")} ${found.name} ${found.isFile()}`)
      .toSorted(),
  "stat of a file": async (fs, at) => {
    const { size, mode, mtimeMs, uid, gid, nlink } = await fs.stat(at("/README.md"));
    return [size, mode, Math.round(mtimeMs), uid, gid, nlink];
  },
  "stat in bigints": async (fs, at) => {
    const { size, mode, mtimeNs, uid, gid } = await fs.stat(at("/bin/run.sh"), { bigint: true });
    return [size, mode, mtimeNs, uid, gid];
  },
  "stat of a directory": async (fs, at) => {
    const stats = await fs.stat(at("/css/deep/"));
    return [stats.isDirectory(), stats.isFile(), stats.isFIFO()];
  },
  "open of nothing": (fs, at) => fs.open(at("/nothing")),
  "a handle's reads": async (fs, at) => {
    const handle = await fs.open(at("/noise.bin"), "r");
    const results: unknown[] = [];
    const read = async (...how: readonly [number, number, number | null]): Promise<void> => {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(70_000), ...how);
      results.push([bytesRead, Buffer.from(buffer).toString("base64")]);
    };
    await read(0, 10, 5);
    await read(0, 70_000, null);
    await read(7, 69_000, null);
    await read(0, 100, 299_990);
    await read(0, 100, 299_999);
    await read(0, 100, 300_000);
    await read(0, 100, 400_000);
    await read(0, 50, 3);
    await read(0, 0, null);
    for (let turn = 0; turn < 4; turn++) await read(0, 70_000, null);
    const { size } = await handle.stat();
    await handle.close();
    return [...results, size];
  },
  "reads of a compressed file": async (fs, at) => {
    const handle = await fs.open(at("/css/style.css"), "r");
    const results: unknown[] = [];
    for (const position of [100, 200_000, null, 5, null, 299_000]) {
      const { bytesRead, buffer } = await handle.read({ buffer: Buffer.alloc(5000), position });
      results.push([bytesRead, buffer.toString()]);
    }
    await handle.close();
    return results;
  },
  "a handle that is closed": async (fs, at) => {
    const handle = await fs.open(at("/README.md"));
    await handle.close();
    return outcome(() => handle.read(Buffer.alloc(5))).then((error) => (error as { code: unknown }).code);
  },
  "a handle's readFile": async (fs, at) => {
    const handle = await fs.open(at("/README.md"));
    const content = await handle.readFile("utf8");
    await handle.close();
    return content;
  },
};

describe("the file system of an archive does what the disk does", () => {
  test.each(Object.entries(calls))("%s", async (_name, call) => {
    const onDisk = await outcome(() => call(disk, (path) => root + path));
    const promises = packed.fs.promises as unknown as typeof disk;
    expect(await outcome(() => call(promises, (path) => path))).toEqual(onDisk);
  });

  test("with callbacks, and at once what reads no content", async () => {
    const { fs } = packed;
    expect(await promisify(fs.readFile)("/README.md", "utf8")).toBe(tree["README.md"]);
    expect((await promisify(fs.stat)("/css")).isDirectory()).toBe(true);
    expect(await promisify(fs.readdir)("/bin")).toEqual(["run.sh"]);
    expect(await promisify(fs.realpath)("bin")).toBe("/bin");
    await expect(promisify(fs.lstat)("/nothing")).rejects.toMatchObject({ code: "ENOENT" });
    const fd = await promisify(fs.open)("/README.md", "r");
    const { bytesRead, buffer } = await promisify(fs.read)(fd, Buffer.alloc(7), 0, 7, 0);
    expect([bytesRead, String(buffer)]).toEqual([7, "# Hello"]);
    expect((await promisify(fs.fstat)(fd)).size).toBe(8);
    await promisify(fs.close)(fd);
    await expect(promisify(fs.fstat)(fd)).rejects.toMatchObject({ code: "EBADF" });
    expect(fs.readdirSync("/css")).toEqual(["deep", "style.css"]);
    expect([fs.existsSync("/css"), fs.existsSync("/nothing")]).toEqual([true, false]);
    expect(fs.statSync("/nothing", { throwIfNoEntry: false })).toBeUndefined();
    expect(fs.lstatSync("/README.md").mode & 0o777).toBe(0o640);
    expect(fs.realpathSync.native("/css/../bin")).toBe("/bin");
    expect(() => fs.accessSync("/README.md", diskFs.constants.W_OK)).toThrow(/EROFS/);
    expect(() => fs.stat("/css", undefined as never)).toThrow(TypeError);
  });

  test("errors have those of the archive as their cause", async () => {
    await expect(packed.fs.promises.stat("/nothing")).rejects.toMatchObject({
      message: expect.stringMatching(/^ENOENT: no such file or directory, stat '\/nothing'/),
      errno: -constants.errno.ENOENT,
      cause: { name: "FormatError", code: "NotFound", path: "nothing" },
    });
  });

  test("what writes is refused", async () => {
    const { promises, writeFile } = packed.fs;
    const refused = { code: "EROFS", errno: -constants.errno.EROFS };
    await expect(promises.writeFile("/README.md", "x")).rejects.toMatchObject(refused);
    await expect(promises.mkdir("/new")).rejects.toMatchObject(refused);
    await expect(promises.rm("/css", { recursive: true })).rejects.toMatchObject(refused);
    await expect(promises.open("/README.md", "r+")).rejects.toMatchObject(refused);
    await expect(promises.open("/new", diskFs.constants.O_CREAT)).rejects.toMatchObject(refused);
    await expect(promisify(writeFile)("/x", "x")).rejects.toMatchObject(refused);
  });

  test.each([
    ["readFile", (fs: ArchiveFileSystem) => fs.promises.readFile("/README.md", "latin-1" as BufferEncoding)],
    ["readdir", (fs: ArchiveFileSystem) => fs.promises.readdir("/", "x" as BufferEncoding)],
    ["a path that is none", (fs: ArchiveFileSystem) => fs.promises.stat(5 as unknown as string)],
    ["a path with a null byte", (fs: ArchiveFileSystem) => fs.promises.stat("a\0")],
    ["flags that are none", (fs: ArchiveFileSystem) => fs.promises.open("/README.md", "nonsense")],
  ])("arguments that Node would refuse: %s", async (_name, work) => {
    await expect(work(packed.fs)).rejects.toMatchObject({ name: "TypeError", code: "ERR_INVALID_ARG_VALUE" });
  });

  test("streams have ranges and encodings", async () => {
    const { fs } = packed;
    const read = async (path: string, options?: Parameters<ArchiveFileSystem["createReadStream"]>[1]) => {
      const parts: (string | Buffer)[] = [];
      for await (const part of fs.createReadStream(path, options)) parts.push(part as string | Buffer);
      return parts.every((part) => typeof part === "string")
        ? parts.join("")
        : Buffer.concat(parts as Buffer[]);
    };
    expect(await read("/noise.bin")).toEqual(tree["noise.bin"]);
    expect(await read("/noise.bin", { start: 10, end: 19 })).toEqual(tree["noise.bin"].subarray(10, 20));
    expect(await read("/css/style.css", { start: 299_990, encoding: "utf8" })).toBe(
      tree["css/style.css"].slice(299_990),
    );
    expect(await read("/README.md", { start: 100 })).toEqual("");
    await expect(read("/nothing")).rejects.toMatchObject({ code: "ENOENT", syscall: "open" });
    await expect(read("/css")).rejects.toMatchObject({ code: "EISDIR" });
  });
});

describe("what is read of the archive", () => {
  test("is nothing for metadata, and of a stored file the part that is asked for", async () => {
    const { fs, reads, archive } = await pack(root);
    await fs.promises.stat("/noise.bin");
    await fs.promises.readdir("/", { recursive: true });
    expect(reads).toEqual([]);
    const handle = await fs.promises.open("/noise.bin");
    await handle.read(Buffer.alloc(100), 0, 100, 5000);
    const offset = archive.entry("noise.bin")?.dataOffset ?? 0;
    expect(reads.splice(0)).toEqual([{ offset: offset + 5000, length: 100 }]);
    // One request for all that follows.
    for (let at = 0; at < 30; at++) await handle.read(Buffer.alloc(10_000));
    expect(reads.splice(0)).toEqual([{ offset, length: 300_000 }]);
    await handle.close();
    const compressed = await fs.promises.open("/css/style.css");
    for (let at = 0; at < 300_000; at += 10_000) await compressed.read(Buffer.alloc(10_000), 0, 10_000, at);
    expect(reads).toHaveLength(1);
    await compressed.close();
  });

  test("is verified: an I/O error with the archive's as its cause", async () => {
    const { fs } = await pack(root, (data) => data.fill(0x55));
    const failed = { code: "EIO", errno: -constants.errno.EIO, cause: { name: "FormatError" } };
    await expect(fs.promises.readFile("/noise.bin")).rejects.toMatchObject(failed);
    await expect(fs.promises.readFile("/css/style.css")).rejects.toMatchObject(failed);
    await expect(fs.createReadStream("/noise.bin").toArray()).rejects.toMatchObject(failed);
    const handle = await fs.promises.open("/noise.bin");
    await expect(handle.read(Buffer.alloc(300_000))).rejects.toMatchObject(failed);
    const byParts = async (): Promise<void> => {
      for (let at = 0; at < 30; at++) await handle.read(Buffer.alloc(10_000));
    };
    await expect(byParts()).rejects.toMatchObject(failed);
    await handle.close();
  });

  test("ends with an abort", async () => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(packed.fs.promises.readFile("/noise.bin", { signal })).rejects.toBe(reason);
  });
});

describe("tools that take an fs", () => {
  test("tinyglobby finds what it finds on disk", async () => {
    for (const pattern of ["**/*.css", "**", "{bin,é}/*", "*.md"]) {
      const onDisk = await glob(pattern, { cwd: root });
      expect((await glob(pattern, { cwd: "/", fs: packed.fs })).toSorted()).toEqual(onDisk.toSorted());
    }
  });

  test("isomorphic-git reads a repository", async () => {
    const directory = await scratchDirectory();
    const author = { name: "A", email: "a@example.org" };
    await git.init({ fs: diskFs, dir: directory });
    const commits: { readonly oid: string; readonly message: string }[] = [];
    for (const message of ["first", "second"]) {
      await disk.writeFile(join(directory, "file.txt"), message);
      await git.add({ fs: diskFs, dir: directory, filepath: "file.txt" });
      commits.push({ oid: await git.commit({ fs: diskFs, dir: directory, message, author }), message });
    }
    const { fs } = await pack(directory);
    const log = await git.log({ fs, dir: "/" });
    expect(log.map(({ oid, commit }) => [oid, commit.message])).toEqual(
      commits.map(({ oid, message }) => [oid, `${message}\n`]).toReversed(),
    );
    const [first] = commits;
    const { blob } = await git.readBlob({ fs, dir: "/", oid: first?.oid ?? "", filepath: "file.txt" });
    expect(Buffer.from(blob).toString()).toBe("first");
    expect(await git.listFiles({ fs, dir: "/" })).toEqual(["file.txt"]);
  });
});
