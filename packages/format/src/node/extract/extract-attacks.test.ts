import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import { compilePackage } from "@blob/testing";

import type { Archive } from "../../archive.js";
import { openArchive } from "../../reading/archive-reader.js";
import { bufferSource } from "../../sources/buffer-source.js";
import type { Entry } from "../../entry.js";
import { encodeIndex } from "../../index-codec/index-encoder.js";
import { text } from "../../testing/sample-content.js";
import { readTree, scratchDirectory } from "../../testing/scratch-directory.js";
import { createFileWriter } from "./destination-file.js";
import { openDestination } from "./destination.js";
import type { Destination } from "./destination.js";
import { extractArchive, extractFile } from "./extract.js";
import type { ExtractOptions } from "./extract-options.js";
import type * as extractModule from "./extract.js";

/** Threads cannot run TypeScript. */
const { extractArchive: compiledExtract }: typeof extractModule = await import(
  new URL("node/extract/extract.js", compilePackage("format")).href
);

/** An archive without compression whose index says what the test wants it to say. */
function archiveOf(
  files: Readonly<Record<string, Uint8Array | string>>,
  lie: (entry: Entry) => Entry = (e) => e,
): Archive {
  let dataOffset = 0;
  const parts = Object.entries(files).map(([path, content]) => ({ path, bytes: Buffer.from(content) }));
  parts.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const entries = parts.map(({ path, bytes }) => {
    const entry: Entry = {
      path,
      size: bytes.length,
      storedSize: bytes.length,
      dataOffset,
      compression: "none",
      hash: createHash("sha256").update(bytes).digest(),
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtimeNs: 0n,
    };
    dataOffset += bytes.length;
    return lie(entry);
  });
  const data = Buffer.concat(parts.map(({ bytes }) => bytes));
  return openArchive(encodeIndex({ entries, dataSize: data.length }), bufferSource(data));
}

/** A destination, and a directory beside it that nothing may be written to. */
async function places(): Promise<{ readonly destination: string; readonly outside: string }> {
  const scratch = await scratchDirectory();
  const [destination, outside] = [join(scratch, "destination"), join(scratch, "outside")];
  mkdirSync(destination);
  mkdirSync(outside);
  return { destination, outside };
}

const noTemporaries = async (directory: string): Promise<void> => {
  expect(Object.keys(await readTree(directory)).filter((path) => path.endsWith(".tmp"))).toEqual([]);
};

/** A file system of its own, when this process may have one. */
function mountTmpfs(directory: string, options: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory], { stdio: "ignore" });
  } catch {
    return false;
  }
  onTestFinished(() => void execFileSync("umount", ["-l", directory]));
  return true;
}

describe.each(["handles", "checked-paths"] as const)("links in the destination, by %s", (access) => {
  test.runIf(access === "checked-paths" || process.platform === "linux")(
    "a link in place of a directory",
    async () => {
      const { destination, outside } = await places();
      symlinkSync(outside, join(destination, "dir"));
      const target = openDestination(destination, access);
      expect(() => target.make("dir")).toThrow(expect.objectContaining({ code: "DestinationConflict" }));
      expect(() => target.make("dir/deeper")).toThrow(
        expect.objectContaining({ code: "DestinationConflict" }),
      );
      target.close();
      expect(readdirSync(outside)).toEqual([]);
    },
  );

  test.runIf(access === "checked-paths" || process.platform === "linux")(
    "a directory that becomes a link",
    async () => {
      const { destination, outside } = await places();
      const target = openDestination(destination, access);
      const writer = createFileWriter(target, {
        overwrite: false,
        preserveMode: false,
        preserveTimes: false,
        mayLink: false,
      });
      const [entry] = archiveOf({ "dir/x": "x" }).entries();
      if (entry === undefined) throw new Error("no entry");
      const file = writer.create("dir/x", entry);
      execFileSync("mv", [join(destination, "dir"), join(destination, "moved")]);
      symlinkSync(outside, join(destination, "dir"));
      file.write(Buffer.from("x"));
      // By handle the file goes where the directory went; by path it is refused.
      if (access === "handles") expect(file.commit()).toBe(true);
      else expect(() => file.commit()).toThrow(expect.objectContaining({ code: "DestinationConflict" }));
      file.dispose();
      target.close();
      expect(readdirSync(outside)).toEqual([]);
    },
  );
});

describe("an archive or a destination that attacks", () => {
  test("a link in place of a directory: nothing is written through it", async () => {
    const { destination, outside } = await places();
    symlinkSync(outside, join(destination, "dir"));
    for (const overwrite of [false, true]) {
      await expect(
        extractArchive(archiveOf({ "dir/x": "x" }), destination, { overwrite }),
      ).rejects.toMatchObject({
        code: "DestinationConflict",
        path: join(destination, "dir"),
      });
    }
    expect(readdirSync(outside)).toEqual([]);
  });

  test("a link in place of a deeper directory", async () => {
    const { destination, outside } = await places();
    mkdirSync(join(destination, "a/b"), { recursive: true });
    symlinkSync("../../../outside", join(destination, "a/b/c"));
    await expect(extractArchive(archiveOf({ "a/b/c/d/x": "x" }), destination)).rejects.toMatchObject({
      code: "DestinationConflict",
    });
    expect(readdirSync(outside)).toEqual([]);
  });

  test.each([
    ["that leads outside", "../outside/victim"],
    ["to nothing", "../outside/missing"],
    ["to itself", "file"],
  ])("a link %s in place of a file: left alone, or replaced, never followed", async (_name, to) => {
    const { destination, outside } = await places();
    writeFileSync(join(outside, "victim"), "precious");
    symlinkSync(to, join(destination, "file"));
    const archive = archiveOf({ file: "new" });
    expect(await extractArchive(archive, destination)).toMatchObject({ files: 0, skipped: ["file"] });
    expect(lstatSync(join(destination, "file")).isSymbolicLink()).toBe(true);
    expect(await extractArchive(archive, destination, { overwrite: true })).toMatchObject({
      files: 1,
      skipped: [],
    });
    expect(readFileSync(join(destination, "file"), "utf8")).toBe("new");
    expect(await readTree(outside)).toEqual({ victim: "precious" });
  });

  test("a file where the archive has a directory", async () => {
    const { destination } = await places();
    writeFileSync(join(destination, "dir"), "file");
    for (const overwrite of [false, true]) {
      await expect(
        extractArchive(archiveOf({ "dir/x": "x", other: "" }), destination, { overwrite }),
      ).rejects.toMatchObject({
        code: "DestinationConflict",
        path: join(destination, "dir"),
      });
    }
    expect(await readTree(destination)).toEqual({ dir: "file" });
  });

  test("a directory where the archive has a file", async () => {
    const { destination } = await places();
    mkdirSync(join(destination, "file"));
    for (const overwrite of [false, true]) {
      const extracting = extractArchive(archiveOf({ a: "", file: "x" }), destination, { overwrite });
      await expect(extracting).rejects.toMatchObject({ code: "DestinationConflict", path: "file" });
    }
    expect(await readTree(destination)).toEqual({ "file/": "" });
  });

  test("the destination is a file", async () => {
    const { destination } = await places();
    writeFileSync(join(destination, "file"), "");
    for (const place of ["file", "file/below"]) {
      await expect(extractArchive(archiveOf({ a: "" }), join(destination, place))).rejects.toMatchObject({
        code: "DestinationConflict",
      });
    }
  });

  test("a FIFO in place of a file or directory: nobody waits for it", async () => {
    const { destination } = await places();
    execFileSync("mkfifo", [join(destination, "file"), join(destination, "dir")]);
    await expect(extractArchive(archiveOf({ "dir/x": "" }), destination)).rejects.toMatchObject({
      code: "DestinationConflict",
    });
    expect(await extractArchive(archiveOf({ file: "x" }), destination)).toMatchObject({ skipped: ["file"] });
    await extractArchive(archiveOf({ file: "x" }), destination, { overwrite: true });
    expect(readFileSync(join(destination, "file"), "utf8")).toBe("x");
  });

  test.each(["../up", "/etc/cron.d/x", "a/../../up", "a//b", "nul\0", "", "."])(
    "a caller's mapping to %j is refused before anything is written",
    async (target) => {
      const { destination } = await places();
      const extracting = extractArchive(archiveOf({ a: "1", b: "2" }), destination, {
        target: ({ path }) => (path === "b" ? target : path),
      });
      await expect(extracting).rejects.toMatchObject({ code: "InvalidPath" });
      expect(readdirSync(destination)).toEqual([]);
    },
  );

  test("content with another hash never gets a name, neither small nor large", async () => {
    for (const size of [100, 5_000_000]) {
      const { destination } = await places();
      const archive = archiveOf({ "dir/file": text(size) }, (entry) => ({
        ...entry,
        hash: new Uint8Array(32),
      }));
      await expect(extractArchive(archive, destination)).rejects.toMatchObject({
        code: "HashMismatch",
        path: "dir/file",
      });
      expect(Object.keys(await readTree(destination)).filter((path) => path !== "dir/")).toEqual([]);
    }
  });

  test("an overwrite that fails leaves the old file as it was", async () => {
    const { destination } = await places();
    writeFileSync(join(destination, "file"), "old");
    const archive = archiveOf({ file: text(5_000_000) }, (entry) => ({ ...entry, hash: new Uint8Array(32) }));
    await expect(extractArchive(archive, destination, { overwrite: true })).rejects.toMatchObject({
      code: "HashMismatch",
    });
    expect(await readTree(destination)).toEqual({ file: "old" });
  });

  test("a zstd bomb, small or streamed, writes no more than it promised", async () => {
    const rle = (bytes: number, last: boolean): Buffer => {
      const bits = (bytes << 3) | (1 << 1) | (last ? 1 : 0);
      return Buffer.from([bits & 0xff, (bits >> 8) & 0xff, bits >> 16, 0]);
    };
    const blocks = Array.from({ length: 2000 }, (_, i) => rle(128 * 1024, i === 1999));
    const bomb = Buffer.concat([Buffer.from("28b52ffd0068", "hex"), ...blocks]);
    for (const size of [1000, 5_000_000]) {
      const { destination } = await places();
      const archive = archiveOf({ bomb }, (entry) => ({ ...entry, compression: "zstd", size }));
      await expect(extractArchive(archive, destination)).rejects.toMatchObject({
        code: "Decompression",
        path: "bomb",
      });
      expect(await readTree(destination)).toEqual({});
    }
  });

  test("a source that gives too little, too much, or fails", async () => {
    const archive = archiveOf({ a: text(1000), b: text(5_000_000) });
    const giving = (read: () => Generator<Uint8Array>): Archive => ({
      ...archive,
      data: {
        ...archive.data,
        async *read() {
          yield* read();
        },
      },
    });
    const broken = new Error("connection lost");
    for (const [read, expected] of [
      [function* () {}, { code: "SourceMismatch" }],
      [
        function* () {
          for (;;) yield new Uint8Array(100_000);
        },
        { code: "SourceMismatch" },
      ],
      [
        function* () {
          yield new Uint8Array(10);
          throw broken;
        },
        { message: "connection lost" },
      ],
    ] as const) {
      const { destination } = await places();
      await expect(extractArchive(giving(read), destination)).rejects.toMatchObject(expected);
      expect(await readTree(destination)).toEqual({});
    }
  });

  test("hundreds of directories deep, with few handles", async () => {
    const { destination } = await places();
    const deep = `${"d/".repeat(1500)}x`;
    const before = process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
    let most = 0;
    await extractArchive(archiveOf({ [deep]: "x", [`${"d/".repeat(700)}y`]: "y" }), destination, {
      onProgress() {
        if (process.platform === "linux") most = Math.max(most, readdirSync("/proc/self/fd").length);
      },
    });
    expect(most - before).toBeLessThan(64);
    const clean: ExtractOptions = { clean: true };
    await extractArchive(archiveOf({ z: "" }), join(destination, "d"), clean);
    expect(await readTree(destination)).toEqual({ "d/": "", "d/z": "" });
  });

  test("thousands of entries that share the same bytes", async () => {
    const { destination } = await places();
    const files: Record<string, string> = {};
    for (let index = 0; index < 3000; index++) files[`f${index}`] = index === 0 ? "shared content" : "";
    const archive = archiveOf(files, (entry) => ({
      ...entry,
      dataOffset: 0,
      size: 14,
      storedSize: 14,
      hash: createHash("sha256").update("shared content").digest(),
    }));
    expect(await extractArchive(archive, destination)).toMatchObject({ files: 3000 });
  });
});

describe("two paths that the file system takes for one", () => {
  /** A destination as on a file system that knows no case. */
  const caseless = (directory: string): Destination => {
    const real = openDestination(directory);
    return {
      ...real,
      make: (path) => {
        const made = real.make(path.toLowerCase());
        return { ...made, locate: (name) => made.locate(name.toLowerCase()) };
      },
      find: (path) => {
        const found = real.find(path.toLowerCase());
        return found === undefined
          ? undefined
          : { ...found, locate: (name) => found.locate(name.toLowerCase()) };
      },
    };
  };

  test.each([false, true])(
    "are a conflict, not one file with the other's content (overwrite: %s)",
    async (overwrite) => {
      const { destination } = await places();
      const target = caseless(destination);
      const writer = createFileWriter(target, {
        overwrite,
        preserveMode: false,
        preserveTimes: false,
        mayLink: false,
      });
      const write = (path: string, content: string): boolean => {
        const [entry] = archiveOf({ [path]: content }).entries();
        if (entry === undefined) throw new Error("no entry");
        const file = writer.create(path, entry);
        try {
          file.write(Buffer.from(content));
          return file.commit();
        } finally {
          file.dispose();
        }
      };
      expect(write("Readme", "first")).toBe(true);
      expect(() => write("README", "second")).toThrow(
        expect.objectContaining({ code: "DestinationConflict", path: "README" }),
      );
      // Directories are merged: no content is lost.
      expect(write("Dir/a", "1")).toBe(true);
      expect(write("dir/b", "2")).toBe(true);
      expect(() => write("DIR/B", "3")).toThrow(expect.objectContaining({ code: "DestinationConflict" }));
      // A file that was there before is the caller's: it is skipped, or replaced.
      writeFileSync(join(destination, "mine"), "mine");
      expect(write("MINE", "theirs")).toBe(overwrite);
      target.close();
      expect(readFileSync(join(destination, "readme"), "utf8")).toBe("first");
      await noTemporaries(destination);
    },
  );
});

describe.runIf(process.platform === "linux")("a race", () => {
  /** Swaps a directory of the destination for a link to the outside and back, as fast as a thread can. */
  const swapping = `
    import { renameSync, symlinkSync } from "node:fs";
    import { workerData } from "node:worker_threads";
    const { destination, outside } = workerData;
    const [dir, link, away] = ["dir", "link", "away"].map((name) => destination + "/" + name);
    symlinkSync(outside, link);
    for (;;) {
      try { renameSync(dir, away); } catch {}
      try { renameSync(link, dir); } catch {}
      try { renameSync(dir, link); } catch {}
      try { renameSync(away, dir); } catch {}
    }`;

  test.each([0, 2])(
    "that swaps a directory for a link never gets a file, with %i workers",
    async (workers) => {
      const { destination, outside } = await places();
      const files = Object.fromEntries(
        Array.from({ length: 200 }, (_, i) => [`dir/sub${i % 5}/f${i}`, `${i}`]),
      );
      const archive = archiveOf(files);
      mkdirSync(join(destination, "dir"));
      const swapper = new Worker(new URL(`data:text/javascript,${encodeURIComponent(swapping)}`), {
        workerData: { destination, outside },
      });
      try {
        await new Promise((resolve) => swapper.once("online", resolve));
        const outcomes = new Set<string>();
        for (let round = 0; round < 25; round++) {
          const outcome = await compiledExtract(archive, destination, { overwrite: true, workers }).then(
            () => "extracted",
            (error: { readonly code: string }) => error.code,
          );
          outcomes.add(outcome);
        }
        // Refusals are fine. What is not is a file in the other directory.
        expect(["extracted", "DestinationConflict", "FileSystem"]).toEqual(
          expect.arrayContaining([...outcomes]),
        );
      } finally {
        await swapper.terminate();
      }
      expect(readdirSync(outside)).toEqual([]);
    },
  );
});

describe("a destination that cannot take it", () => {
  test("has no space left: an error that names the file, and no partial file", async ({ skip }) => {
    const { destination } = await places();
    if (!mountTmpfs(destination, "size=1m")) return skip("mounting a small file system needs root");
    for (const size of [600_000, 5_000_000]) {
      execFileSync("rm", ["-rf", join(destination, "b"), join(destination, "c")]);
      const archive = archiveOf({
        "a/first": "fits",
        "b/big": text(size),
        "c/big": text(size, "other words "),
      });
      const error: unknown = await extractArchive(archive, destination, { overwrite: true }).catch(
        (cause: unknown) => cause,
      );
      expect(error).toMatchObject({ code: "FileSystem", cause: { code: "ENOSPC" } });
      expect((error as { path: string }).path).toMatch(/^[bc]\/big$/);
      await noTemporaries(destination);
      for (const name of ["b/big", "c/big"]) {
        if (existsSync(join(destination, name))) expect(lstatSync(join(destination, name)).size).toBe(size);
      }
    }
  });

  test("is read-only", async ({ skip }) => {
    const { destination } = await places();
    if (process.getuid?.() === 0) {
      if (!mountTmpfs(destination, "size=1m,ro"))
        return skip("mounting is not allowed here, and root ignores modes");
    } else {
      chmodSync(destination, 0o555);
    }
    for (const path of ["file", "dir/file"]) {
      await expect(extractArchive(archiveOf({ [path]: "x" }), destination)).rejects.toMatchObject({
        code: "FileSystem",
        cause: { code: expect.stringMatching(/^(EROFS|EACCES)$/) },
      });
    }
    await expect(extractFile(archiveOf({ a: "x" }), "a", join(destination, "b"))).rejects.toMatchObject({
      code: "FileSystem",
    });
  });

  test("disappears while files are written", async () => {
    const { destination } = await places();
    const archive = archiveOf({ "a/x": "1", "b/y": text(5_000_000) });
    const extracting = extractArchive(archive, destination, {
      onProgress: () => rmSync(destination, { recursive: true, force: true }),
    });
    await expect(extracting).rejects.toMatchObject({ code: "FileSystem" });
  });
});
