import { execFileSync } from "node:child_process";
import {
  closeSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { compilePackage } from "@blob/testing";

import { openArchive } from "../../reading/archive-reader.js";
import { bufferSource } from "../../sources/buffer-source.js";
import { noise } from "../../testing/sample-content.js";
import { scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import type { Tree } from "../../testing/scratch-directory.js";
import { createArchive } from "./create-archive.js";
import type { CreateOptions } from "./create-options.js";
import type * as createArchiveModule from "./create-archive.js";
import { diffDirectory } from "../sync/diff-directory.js";
import type { DirectoryAccess } from "../files/open-directory.js";
import { syncDirectory } from "../sync/sync-directory.js";
import { listDirectory } from "./list-directory.js";
import { writeArchive } from "./archive-writer.js";

const compiled = compilePackage("format");
/** Threads cannot run TypeScript. */
const { prepareArchive }: typeof createArchiveModule = await import(
  new URL("node/create/create-archive.js", compiled).href
);

const secret = "what nobody is to see";

interface Hooks extends Pick<CreateOptions, "symlinks" | "changeDetection"> {
  /** Once, while the directory is being listed: after 512 entries. */
  readonly whileListing?: () => void;
  /** Once, when the first bytes are written: small files behind a large one are read after that. */
  readonly whileReading?: () => void;
}

interface Created {
  readonly paths: readonly string[];
  /** Whether the stored bytes have this text. */
  readonly has: (text: string) => boolean;
}

type Create = (root: string, hooks: Hooks) => Promise<Created>;

function once(action: (() => void) | undefined): () => void {
  let isDone = false;
  return () => {
    if (!isDone) action?.();
    isDone = true;
  };
}

/** As everybody calls it. */
const createAsCalled: Create = async (root, { whileListing, whileReading, ...options }) => {
  const chunks: Uint8Array[] = [];
  const [list, read] = [once(whileListing), once(whileReading)];
  const write = (chunk: Uint8Array): void => {
    chunks.push(chunk);
    read();
  };
  const onProgress: CreateOptions["onProgress"] = ({ stage }) => {
    if (stage === "enumerating") list();
  };
  const how = { ...options, workers: 0, compression: "none", onProgress } as const;
  const { index } = await createArchive(root, { write }, how);
  const bytes = Buffer.concat(chunks);
  const archive = openArchive(index.bytes, bufferSource(bytes));
  return { paths: Array.from(archive.entries(), ({ path }) => path), has: (text) => bytes.includes(text) };
};

const createBy =
  (access: DirectoryAccess): Create =>
  async (root, { whileListing, whileReading, ...options }) => {
    const chunks: Uint8Array[] = [];
    const read = once(whileReading);
    const { symlinks } = options;
    const listing = await listDirectory(root, { access, symlinks, onFound: once(whileListing) });
    try {
      const write = (chunk: Uint8Array): void => {
        chunks.push(chunk);
        read();
      };
      await writeArchive(listing, undefined, undefined, { write }, options);
      const bytes = Buffer.concat(chunks);
      return { paths: [...listing.files.paths], has: (text) => bytes.includes(text) };
    } finally {
      await listing.close();
    }
  };

const creates: readonly (readonly [string, Create])[] = [
  ["as it is called", createAsCalled],
  ["by checked paths", createBy("checked-paths")],
];
if (process.platform !== "linux") console.log("not tested: directories by handle, which only Linux has");

/** A directory to archive, and one beside it of which nothing may be seen. */
async function places(inside: Tree, outside: Tree): Promise<{ readonly root: string; readonly out: string }> {
  const scratch = await scratchDirectory();
  const root = await writeTree(join(scratch, "root"), inside);
  return { root, out: await writeTree(join(scratch, "outside"), outside) };
}

/** So many that listing them takes a turn. */
const many: Tree = Object.fromEntries(Array.from({ length: 700 }, (_, index) => [`a/${index}`, ""]));

/** Moves a directory away, and makes its name one of something else. */
function replace(directory: string, by: (path: string) => void): void {
  renameSync(directory, `${directory}-moved-away`);
  by(directory);
}

const replaceByLink = (directory: string, target: string): void =>
  replace(directory, (path) => symlinkSync(target, path));

describe.each(creates)("a directory that becomes a link, archived %s", (_name, create) => {
  test("before it is listed", async () => {
    const { root, out } = await places({ ...many, "z/ok": "ok" }, { id: secret, ok: secret });
    const creating = create(root, { whileListing: () => replaceByLink(join(root, "z"), out) });
    await expect(creating).rejects.toMatchObject({ code: "FileChanged", path: "z" });
  });

  test("while what is below it is listed", async () => {
    const deep: Tree = Object.fromEntries(Object.keys(many).map((path) => [`z/${path}`, "ok"]));
    const lies: Tree = Object.fromEntries(Object.keys(many).map((path) => [path, secret]));
    const { root, out } = await places({ ...deep, "z/z": "ok" }, { ...lies, z: secret });
    const creating = create(root, { whileListing: () => replaceByLink(join(root, "z"), out) });
    await expect(creating).rejects.toMatchObject({ code: "FileChanged" });
  });

  test.each(["small", "large"])("before a %s file in it is read", async (kind) => {
    const [right, wrong] =
      kind === "small" ? ["right", secret] : [noise(5_000_000), noise(5_000_000, "wrong")];
    const { root, out } = await places({ a: noise(5_000_001), "z/ok": right }, { ok: wrong });
    const creating = create(root, { whileReading: () => replaceByLink(join(root, "z"), out) });
    await expect(creating).rejects.toMatchObject({ code: "FileChanged", path: "z/ok" });
  });

  test("far above the file that is read", async () => {
    const { root, out } = await places(
      { a: noise(5_000_000), "z/b/c/ok": "ok", "z/ok": "ok" },
      { "b/c/ok": "no", ok: "no" },
    );
    const creating = create(root, { whileReading: () => replaceByLink(join(root, "z"), out) });
    await expect(creating).rejects.toMatchObject({ code: "FileChanged", path: "z/b/c/ok" });
  });

  test("between files of it", async () => {
    const { root, out } = await places(
      { "z/a": "ok", "z/b": noise(5_000_000), "z/c": "ok" },
      { a: "no", c: "no" },
    );
    const creating = create(root, { whileReading: () => replaceByLink(join(root, "z"), out) });
    await expect(creating).rejects.toMatchObject({ code: "FileChanged" });
  });

  test("when changes are looked for, too", async () => {
    const { root, out } = await places({ a: noise(5_000_000), "z/ok": "ok" }, { ok: "no" });
    const whileReading = (): void => replaceByLink(join(root, "z"), out);
    await expect(create(root, { changeDetection: "strict", whileReading })).rejects.toMatchObject({
      code: "FileChanged",
      path: "z/ok",
    });
  });
});

describe.each(creates)("what takes the place of a directory, archived %s", (_name, create) => {
  test.each<readonly [string, (path: string, other: string) => void]>([
    ["another directory", (path, other) => renameSync(other, path)],
    ["a file", (path) => writeFileSync(path, secret)],
    ["a FIFO", (path) => execFileSync("mkfifo", [path])],
    ["nothing", () => undefined],
  ])("is not read: %s", async (_kind, make) => {
    const trees = [{ a: noise(5_000_000), "z/ok": "ok" }, { ok: secret }] as const;
    const { root, out } = await places(...trees);
    const whileReading = (): void => replace(join(root, "z"), (path) => make(path, out));
    await expect(create(root, { whileReading })).rejects.toMatchObject({ code: "FileChanged", path: "z/ok" });
  });

  test.each<readonly [string, (path: string) => void]>([
    ["a FIFO", (path) => execFileSync("mkfifo", [path])],
    ["nothing", () => undefined],
  ])("is not listed: %s", async (_kind, make) => {
    const { root } = await places({ ...many, "z/ok": "ok" }, {});
    const whileListing = (): void => replace(join(root, "z"), make);
    await expect(create(root, { whileListing })).rejects.toMatchObject({ code: "FileChanged", path: "z" });
  });
});

describe.each(creates)("what takes the place of a file, archived %s", (_name, create) => {
  test.each(["", "some content"])("a FIFO, for the file %j", async (content) => {
    const { root } = await places({ a: noise(5_000_000), "z/file": content }, {});
    const whileReading = (): void => {
      const file = join(root, "z/file");
      rmSync(file);
      execFileSync("mkfifo", [file]);
    };
    await expect(create(root, { whileReading })).rejects.toMatchObject({
      code: "FileChanged",
      path: "z/file",
    });
  });

  test("a FIFO that somebody writes as many bytes to as the file had", async () => {
    const { root } = await places({ a: noise(5_000_000), "z/file": "right" }, {});
    const whileReading = (): void => {
      const file = join(root, "z/file");
      rmSync(file);
      execFileSync("mkfifo", [file]);
      const handle = openSync(file, "r+");
      onTestFinished(() => closeSync(handle));
      writeSync(handle, "wrong");
    };
    await expect(create(root, { whileReading })).rejects.toMatchObject({
      code: "FileChanged",
      path: "z/file",
    });
  });

  test("a device", async () => {
    const { root } = await places({ a: noise(5_000_000), "z/file": "" }, {});
    const device = join(root, "z/device");
    try {
      execFileSync("mknod", [device, "c", "1", "3"], { stdio: "ignore" });
    } catch {
      console.log("not tested: a device, which this user may not make");
      return;
    }
    const whileReading = (): void => renameSync(device, join(root, "z/file"));
    await expect(create(root, { whileReading })).rejects.toMatchObject({
      code: "FileChanged",
      path: "z/file",
    });
  });
});

describe.each(creates)("links that are followed, archived %s", (_name, create) => {
  test("a directory that they lead to becomes a link", async () => {
    const { root, out } = await places({ a: noise(5_000_000), "real/ok": "ok" }, { ok: "no" });
    symlinkSync("real", join(root, "link"));
    symlinkSync("real/ok", join(root, "link-to-file"));
    const whileReading = (): void => replaceByLink(join(root, "real"), out);
    await expect(create(root, { symlinks: "follow", whileReading })).rejects.toMatchObject({
      code: "FileChanged",
      path: "link-to-file",
    });
  });

  test("a link that leads somewhere else later changes nothing", async () => {
    const { root, out } = await places({ a: noise(5_000_000), "real/ok": "ok" }, { ok: secret });
    symlinkSync("real", join(root, "z"));
    const whileReading = (): void => {
      rmSync(join(root, "z"));
      symlinkSync(out, join(root, "z"));
    };
    const { paths, has } = await create(root, { symlinks: "follow", whileReading });
    expect(paths).toEqual(["a", "real/ok", "z/ok"]);
    expect(has(secret)).toBe(false);
  });

  test("a directory that a link leads to becomes a link before it is listed", async () => {
    const { root, out } = await places({ ...many, "r/ok": "ok" }, { ok: secret });
    symlinkSync("r", join(root, "l"));
    const whileListing = (): void => replaceByLink(join(root, "r"), out);
    await expect(create(root, { symlinks: "follow", whileListing })).rejects.toMatchObject({
      code: "FileChanged",
      path: "r",
    });
  });
});

describe("a directory that is compared", () => {
  const accesses =
    process.platform === "linux" ? (["handles", "checked-paths"] as const) : (["checked-paths"] as const);

  /** An archive that does something when it is first asked for a file: the directory was listed then. */
  async function archiveOf(root: string, whenAsked: () => void) {
    const chunks: Uint8Array[] = [];
    const { index } = await createArchive(root, { write: (chunk) => void chunks.push(chunk) });
    const archive = openArchive(index.bytes, bufferSource(Buffer.concat(chunks)));
    const ask = once(whenAsked);
    const entry = (path: string): ReturnType<typeof archive.entry> => {
      ask();
      return archive.entry(path);
    };
    return { ...archive, entry };
  }

  test.each(accesses.flatMap((access) => [5, 5_000_000].map((size) => [access, size] as const)))(
    "by %s is not taken for one that a link leads to: %i bytes",
    async (access, size) => {
      const tree = { "z/ok": noise(size) };
      const { root, out } = await places(tree, { ok: noise(size) });
      const archive = await archiveOf(root, () => replaceByLink(join(root, "z"), out));
      const how = { symlinks: "skip", access } as const;
      const comparing = diffDirectory(archive, root, how);
      await expect(comparing).rejects.toMatchObject({ code: "FileChanged", path: "z/ok" });
    },
  );

  test("before a sync, neither", async () => {
    const { root, out } = await places({ "z/ok": "ok" }, { ok: "ok" });
    const archive = await archiveOf(root, () => replaceByLink(join(root, "z"), out));
    await expect(syncDirectory(archive, root)).rejects.toMatchObject({ code: "FileChanged", path: "z/ok" });
  });
});

describe("in threads", () => {
  test.each([1, 3])("a directory that becomes a link is not read: %i", async (workers) => {
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`z/${index}`, "ok"]));
    const lies = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`${index}`, "no"]));
    const { root, out } = await places(files, lies);
    const prepared = await prepareArchive(root, { workers });
    const chunks: Uint8Array[] = [];
    try {
      replaceByLink(join(root, "z"), out);
      const writing = prepared.write({ write: (chunk) => void chunks.push(chunk) });
      await expect(writing).rejects.toMatchObject({ code: "FileChanged", path: "z/0" });
    } finally {
      await prepared.dispose();
    }
    expect(chunks).toEqual([]);
  });
});

describe.runIf(process.platform === "linux")("handles of directories", () => {
  const open = (): number => readdirSync("/proc/self/fd").length;

  test("are closed, however it ends", async () => {
    const { root, out } = await places(
      { ...many, "y/deep/large": noise(5_000_000), "z/ok": "ok" },
      { ok: "no" },
    );
    await createAsCalled(root, {});
    const before = open();
    await createAsCalled(root, {});
    for (const workers of [0, 2]) {
      for (const signal of [undefined, AbortSignal.abort("no")]) {
        await prepareArchive(root, { workers, signal }).then(
          (prepared) => prepared.dispose(),
          () => undefined,
        );
      }
    }
    await expect(createAsCalled(root, { symlinks: "error" })).resolves.toBeDefined();
    await expect(createAsCalled(join(root, "y/deep/large"), {})).rejects.toMatchObject({
      code: "FileSystem",
    });
    const archive = openArchive(
      (await createArchive(root, { write: () => undefined })).index.bytes,
      bufferSource(new Uint8Array(5_000_002)),
    );
    await diffDirectory(archive, root);
    await expect(
      createAsCalled(root, { whileListing: () => replaceByLink(join(root, "z"), out) }),
    ).rejects.toMatchObject({ code: "FileChanged" });
    expect(open()).toBe(before);
  });

  test("are closed when threads are ended in the middle of their work", async () => {
    const { root } = await places(
      Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`${index % 50}/b/c/${index}`, "x"])),
      {},
    );
    const attempt = async (): Promise<void> => {
      const prepared = await prepareArchive(root, { workers: 2 });
      const writing = prepared.write({ write: () => Promise.reject(new Error("the sink is full")) });
      await expect(writing).rejects.toThrow("full");
      await prepared.dispose();
    };
    await attempt();
    const before = open();
    for (let round = 0; round < 5; round++) await attempt();
    expect(open()).toBe(before);
  });

  test("are few, however deep a directory is", async () => {
    const scratch = await scratchDirectory();
    // What cannot be removed by any path.
    onTestFinished(() => void execFileSync("rm", ["-rf", scratch]));
    const levels = 20_000;
    const code = `
      import { mkdirSync, writeFileSync, symlinkSync } from "node:fs";
      import { createArchive } from ${JSON.stringify(new URL("node/index.js", compiled).href)};
      const root = ${JSON.stringify(scratch)};
      process.chdir(root);
      for (let level = 0; level < ${levels}; level++) {
        if (level % 1000 === 0) { writeFileSync("file", "x" + level); writeFileSync("c", ""); }
        mkdirSync("d");
        process.chdir("d");
      }
      writeFileSync("deepest", "");
      process.chdir("/");
      const { files } = await createArchive(root, { write() {} }, { workers: 2 });
      console.log(files);`;
    const limited = [
      "-c",
      'ulimit -n 300; exec "$@"',
      "-",
      process.execPath,
      "--input-type=module",
      "-e",
      code,
    ];
    const printed = execFileSync("bash", limited, { encoding: "utf8" });
    expect(Number(printed)).toBe(2 * (levels / 1000) + 1);
  });
});
