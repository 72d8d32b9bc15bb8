import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { compilePackage } from "@blob/testing";

import type { Archive } from "../../archive.js";
import { openArchive } from "../../reading/archive-reader.js";
import { bufferSource } from "../../sources/buffer-source.js";
import { encodeIndex } from "../../index-codec/index-encoder.js";
import { noise, text } from "../../testing/sample-content.js";
import { readTree, scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { createArchive } from "../create/create-archive.js";
import { createFileWriter } from "./destination-file.js";
import { openDestination } from "./destination.js";
import { canExtractInWorkers, createExtractStage } from "./extract-stage.js";
import type * as extractModule from "./extract.js";
import { defaultDirectoryAccess } from "../files/open-directory.js";

const compiled = compilePackage("format");
const { extractArchive }: typeof extractModule = await import(
  new URL("node/extract/extract.js", compiled).href
);

const tree: Record<string, string | Uint8Array> = {
  "a-b": "1",
  empty: "",
  "large.txt": text(9_000_000),
  "large.bin": noise(5_000_000),
  twice: text(3000),
  "there/twice": text(3000),
};
for (let index = 0; index < 700; index++) tree[`d${index % 41}/f${index}`] = text(index * 7) + index;

interface Sample {
  readonly archive: Archive;
  /** What was archived. */
  readonly original: Record<string, string>;
}

async function sampleOf(
  compression: "zstd" | "none",
  damage: (data: Buffer) => void = () => undefined,
): Promise<Sample> {
  const root = await writeTree(await scratchDirectory(), tree);
  chmodSync(join(root, "d1/f1"), 0o751);
  utimesSync(join(root, "d1/f1"), 1_000_000, 1_234_567.25);
  const chunks: Uint8Array[] = [];
  const sink = { write: (chunk: Uint8Array) => void chunks.push(chunk) };
  const { index } = await createArchive(root, sink, { compression, workers: 0 });
  const data = Buffer.concat(chunks);
  damage(data);
  return { archive: openArchive(index.bytes, bufferSource(data)), original: await readTree(root) };
}

const hasHandles = defaultDirectoryAccess() === "handles";
if (!hasHandles) console.log("not tested: extraction in threads, which only Linux has");

describe.runIf(hasHandles)("extracting in worker threads", () => {
  test.each(["zstd", "none"] as const)("%s: writes the same files for any number of them", async (how) => {
    const { archive, original } = await sampleOf(how);
    for (const workers of [0, 1, 2, 5]) {
      const target = await scratchDirectory();
      const options = { workers, preserveMode: true, preserveTimes: true, mayLink: false };
      const result = await extractArchive(archive, target, options);
      expect(await readTree(target)).toEqual(original);
      expect(result).toMatchObject({ files: 706, skipped: [] });
      const { mode, mtimeMs } = statSync(join(target, "d1/f1"));
      expect([mode & 0o777, mtimeMs]).toEqual([0o751, 1_234_567_250]);
    }
  });

  test.each([0, 1, 3])("counts what it left alone exactly, with %i of them", async (workers) => {
    const { archive } = await sampleOf("zstd");
    const target = await scratchDirectory();
    // Some exist before, and some come while others are written: after they were looked for.
    const before = ["a-b", "d3/f3", "large.txt"];
    const later = ["d7/f7", "d7/f48", "large.bin", "twice"];
    for (const path of before) await writeTree(target, { [path]: "mine" });
    let isFirst = true;
    const result = await extractArchive(archive, target, {
      workers,
      onProgress() {
        if (!isFirst) return;
        isFirst = false;
        for (const path of later) {
          mkdirSync(dirname(join(target, path)), { recursive: true });
          if (!existsSync(join(target, path))) writeFileSync(join(target, path), "mine");
        }
      },
    });
    const mine = Object.entries(await readTree(target)).filter(([, content]) => content === "mine");
    expect(result.skipped.toSorted()).toEqual(mine.map(([path]) => path).toSorted());
    expect(result.skipped).toEqual(expect.arrayContaining(before));
    expect(result.skipped.length).toBeGreaterThan(before.length);
    expect(result.files + result.skipped.length).toBe(706);
    const sizes = result.skipped.map((path) => archive.entry(path)?.size ?? 0);
    expect(result.size).toBe(archive.directoryStats().size - sizes.reduce((sum, size) => sum + size, 0));
  });

  test("times are kept by every thread, and those that cannot be are reported by every thread", async () => {
    const { archive } = await sampleOf("none");
    const entries = [...archive.entries()].map((entry) => ({ ...entry, mtimeNs: -(2n ** 63n) }));
    const { dataSize, data } = archive;
    const old = openArchive(encodeIndex({ entries, dataSize }), data);
    const told: (readonly string[])[] = [];
    for (const workers of [0, 2]) {
      const target = await scratchDirectory();
      const { notKept } = await extractArchive(old, target, { workers, preserveTimes: true });
      told.push(notKept.map(({ path }) => path).toSorted());
      const kept = entries.filter(({ path }) => {
        const { mtimeNs } = statSync(join(target, path), { bigint: true });
        return mtimeNs < -(2n ** 63n) + 2000n;
      });
      expect(notKept.length + kept.length).toBe(entries.length);
    }
    expect(told[0]).toEqual(told[1]);
  });

  test("leaves existing files alone, or replaces them when asked", async () => {
    const { archive, original } = await sampleOf("zstd");
    const target = await scratchDirectory();
    mkdirSync(join(target, "d5"));
    writeFileSync(join(target, "d5/f5"), "mine");
    expect(await extractArchive(archive, target, { workers: 2 })).toMatchObject({ skipped: ["d5/f5"] });
    expect((await readTree(target))["d5/f5"]).toBe("mine");
    expect(await extractArchive(archive, target, { workers: 2, overwrite: true })).toMatchObject({
      files: 706,
    });
    expect(await readTree(target)).toEqual(original);
  });

  test("a file that is damaged is an error that names it, and nothing unfinished is left", async () => {
    const { archive } = await sampleOf("none", (data) => data.fill(0));
    const target = await scratchDirectory();
    await expect(
      extractArchive(archive, target, { workers: 2, paths: ["d3/f3", "a-b"] }),
    ).rejects.toMatchObject({
      name: "FormatError",
      code: "HashMismatch",
      path: expect.stringMatching(/^(?:d3\/f3|a-b)$/),
    });
    expect(Object.keys(await readTree(target)).filter((path) => !path.endsWith("/"))).toEqual([]);
  });

  test("an abort rethrows its reason, and leaves nothing unfinished", async () => {
    const { archive, original } = await sampleOf("zstd");
    const target = await scratchDirectory();
    const abort = new AbortController();
    const reason = new Error("enough");
    const onProgress = (): void => abort.abort(reason);
    await expect(
      extractArchive(archive, target, { workers: 2, signal: abort.signal, onProgress }),
    ).rejects.toBe(reason);
    for (const [path, content] of Object.entries(await readTree(target)))
      expect(original[path]).toBe(content);
  });

  test.each([
    [
      "dies",
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(3));",
    ],
    [
      "dies after it made a file",
      `import { writeFileSync } from "node:fs"; import { parentPort } from "node:worker_threads";
       parentPort.on("message", ({ places: { directories, temporary, first } }) => {
         writeFileSync(directories[0] + temporary + first + ".tmp", "x");
         process.exit(1);
       });`,
    ],
    ["does not start", "throw new Error('no start');"],
  ])("a worker that %s is a clear error, and leaves nothing behind", async (_name, code) => {
    const { archive } = await sampleOf("zstd");
    const target = await scratchDirectory();
    const destination = openDestination(target);
    const writer = createFileWriter(destination, {
      overwrite: false,
      preserveMode: false,
      preserveTimes: false,
      mayLink: false,
    });
    const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
    const stage = createExtractStage(2, writer, url);
    const files = [...archive.entries("d7")].map((entry) => ({ entry, target: entry.path }));
    const range = { offset: 0, length: archive.dataSize };
    const bytes = new Uint8Array(archive.dataSize);
    await expect(
      stage.write(range, bytes, files, AbortSignal.any([]), () => undefined),
    ).rejects.toMatchObject({ name: "FormatError", code: "WorkerFailed" });
    await stage.close();
    destination.close();
    expect(readdirSync(join(target, "d7"))).toEqual([]);
  });

  test.each([false, true])(
    "a name that the file system takes for that of a file of another thread is a conflict, overwrite %s",
    async (overwrite) => {
      // The first thread is told to write "a", and answers last; what it wrote is also what the second one finds as "B".
      const code = `
        import { existsSync, linkSync, statSync, writeFileSync } from "node:fs";
        import { parentPort } from "node:worker_threads";
        parentPort.on("message", ({ places }) => {
          const name = places.targets[0].split("/").at(-1);
          const [directory] = places.directories;
          const own = directory + places.temporary + places.first + ".tmp";
          writeFileSync(own, name);
          const answer = (isNamed) => parentPort.postMessage({
            kind: "written",
            inodes: BigUint64Array.of(statSync(own, { bigint: true }).ino),
            lost: Uint8Array.of(0),
            isNamed: Uint8Array.of(isNamed),
          });
          if (name === "B") {
            const waiting = setInterval(() => {
              if (!existsSync(directory + "B")) return;
              clearInterval(waiting);
              answer(0);
            }, 10);
            return;
          }
          linkSync(own, directory + "B");
          setTimeout(answer, 600, 1);
        });`;
      const { archive } = await sampleOf("none");
      const target = await scratchDirectory();
      const destination = openDestination(target);
      const options = { overwrite, preserveMode: false, preserveTimes: false, mayLink: false };
      const writer = createFileWriter(destination, options);
      const stage = createExtractStage(
        2,
        writer,
        new URL(`data:text/javascript,${encodeURIComponent(code)}`),
      );
      const [entry] = archive.entries("d7");
      if (entry === undefined) throw new Error("the sample has no such file");
      const bytes = new Uint8Array(archive.dataSize);
      const write = (name: string): Promise<void> =>
        stage.write(
          { offset: 0, length: archive.dataSize },
          bytes,
          [{ entry, target: `d7/${name}` }],
          AbortSignal.any([]),
          () => undefined,
        );
      const [first, second] = await Promise.allSettled([write("a"), write("B")]);
      await stage.close();
      destination.close();
      expect(first).toMatchObject({ status: "fulfilled" });
      expect(second).toMatchObject({
        status: "rejected",
        reason: { code: "DestinationConflict", path: "d7/B" },
      });
    },
  );

  test("a number of workers that there cannot be is refused", async () => {
    const { archive } = await sampleOf("none");
    for (const workers of [-1, 1.5, 1000]) {
      await expect(extractArchive(archive, await scratchDirectory(), { workers })).rejects.toMatchObject({
        code: "InvalidArgument",
      });
    }
  });

  test("sources that were not compiled do everything on this thread", () => {
    expect(canExtractInWorkers()).toBe(false);
  });
});
