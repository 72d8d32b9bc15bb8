import { monitorEventLoopDelay } from "node:perf_hooks";
import { beforeAll, describe, expect, test } from "vitest";
import { compilePackage } from "@blob/testing";

import type * as formatModule from "../../index.js";
import type { Archive, OpenOptions } from "../../index.js";
import { noise, text } from "../../testing/sample-content.js";
import { runNode } from "../../testing/run-module.js";
import { scratchDirectory } from "../../testing/scratch-directory.js";
import type * as nodeModule from "../index.js";
import { createContentThreads as createFromSources } from "./content-threads.js";

const compiled = compilePackage("format");
const {
  createArchive,
  createArchiveFiles,
  createContentThreads,
  nodeSha256,
  openLocalArchive,
}: typeof nodeModule = await import(new URL("node/index.js", compiled).href);
const { bufferSource, openArchive }: typeof formatModule = await import(new URL("index.js", compiled).href);

const width = 64;
const kibibyte = 1024;
const contents = new Map<string, Buffer>();
for (let at = 0; at < width; at++) {
  const size = (64 + at * 4) * kibibyte;
  contents.set(`f${at}`, at % 4 === 3 ? noise(size, String(at)) : Buffer.from(text(size, `file ${at} `)));
}
contents.set("small", Buffer.from("small"));
contents.set("large", Buffer.from(text(9_000_000)));

let index: Uint8Array;
let data: Buffer;

beforeAll(async () => {
  const chunks: Uint8Array[] = [];
  const files = Array.from(contents, ([path, content]) => ({ path, content }));
  const created = await createArchive(files, { write: (chunk) => void chunks.push(chunk) });
  index = created.index.bytes;
  data = Buffer.concat(chunks);
});

const open = (options: OpenOptions): Archive =>
  openArchive(index, bufferSource(data, { id: "data" }), { sha256: nodeSha256, ...options });

async function expectContents(archive: Archive): Promise<void> {
  const read = await Promise.all(Array.from(contents.keys(), (path) => archive.readFile(path)));
  for (const [at, [path, content]] of [...contents].entries()) {
    expect(Buffer.compare(read[at] ?? Buffer.alloc(0), content), path).toBe(0);
  }
}

describe("reading many whole files at once", () => {
  test.each([1, 3, undefined])(
    "gives their contents, verified by threads: %s",
    async (decoderConcurrency) => {
      const threads = createContentThreads({ decoderConcurrency });
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      await expectContents(open({ threads }));
      delay.disable();
      console.log(
        `with ${decoderConcurrency ?? "automatic"}: at most ${(delay.max / 1e6).toFixed(0)} ms without a turn`,
      );
      // A machine with one core has no other for a thread that nobody asked for.
      if (decoderConcurrency !== undefined) expect(threads.running).toBe(decoderConcurrency);
      await threads.close();
      expect(threads.running).toBe(0);
    },
  );

  test("threads have only the files and chunks that are worth it", async () => {
    const threads = createContentThreads({ decoderConcurrency: 2 });
    const archive = open({ threads });
    await archive.readFile("small");
    await archive.readFile("f2", { range: { offset: 5, length: 1000 } });
    for await (const chunk of archive.stream("f1")) expect(chunk.length).toBeGreaterThan(0);
    expect(threads.running).toBe(0);
    const part = await archive.readFile("large", { range: { offset: 5, length: 100_000 } });
    expect(Buffer.compare(part, contents.get("large")?.subarray(5, 100_005) ?? Buffer.alloc(0))).toBe(0);
    expect(threads.running).toBe(2);
    await archive.readFile("f1", "utf8");
    await threads.close();
    // Without threads it is read here.
    expect(await archive.readFile("f1")).toHaveLength(68 * kibibyte);
  });

  test("one after another need no threads that nobody asked for", async () => {
    const threads = createContentThreads();
    const archive = open({ threads });
    for (const path of ["f1", "f2", "f3", "large"]) await archive.readFile(path);
    expect(threads.running).toBe(0);
    await threads.close();
  });

  test("wrong content is the same error as without threads, and the others are read", async () => {
    const damaged = Buffer.from(data);
    const archive = open({});
    const [noisy, packed] = [archive.entry("f3"), archive.entry("f4")];
    damaged.fill(0, noisy?.dataOffset, (noisy?.dataOffset ?? 0) + 10);
    damaged.fill(0, packed?.dataOffset, (packed?.dataOffset ?? 0) + 10);
    const threads = createContentThreads({ decoderConcurrency: 1 });
    const read = openArchive(index, bufferSource(damaged, { id: "damaged" }), {
      sha256: nodeSha256,
      threads,
    });
    const [a, b, c] = await Promise.allSettled(["f3", "f4", "f5"].map((path) => read.readFile(path)));
    expect(a).toMatchObject({ reason: { name: "FormatError", code: "HashMismatch", path: "f3" } });
    expect(b).toMatchObject({ reason: { name: "FormatError", code: "Decompression", path: "f4" } });
    expect(c).toMatchObject({ status: "fulfilled" });
    await threads.close();
  });

  test("limits hold on threads, too", async () => {
    const threads = createContentThreads({ decoderConcurrency: 1 });
    const archive = open({ threads, limits: { maxDecoderBytes: 1024 } });
    await expect(archive.readFile("f4")).rejects.toMatchObject({ name: "FormatError", path: "f4" });
    expect(threads.running).toBe(1);
    await threads.close();
  });

  test("an abort ends the waiting of who is aborted, and nobody else's", async () => {
    const threads = createContentThreads({ decoderConcurrency: 1 });
    const archive = open({ threads });
    const abort = new AbortController();
    const reason = new Error("enough");
    const paths = Array.from(contents.keys()).filter((path) => path.startsWith("f"));
    const reads = paths.map((path, at) =>
      archive.readFile(path, at % 2 === 0 ? { signal: abort.signal } : {}),
    );
    abort.abort(reason);
    const results = await Promise.allSettled(reads);
    for (const [at, result] of results.entries()) {
      if (at % 2 === 0) expect(result).toMatchObject({ status: "rejected", reason });
      else expect(result.status).toBe("fulfilled");
    }
    await threads.close();
  });

  test("a thread that dies is a clear error", async () => {
    const dies =
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(3));";
    const url = new URL(`data:text/javascript,${encodeURIComponent(dies)}`);
    const threads = createContentThreads({ decoderConcurrency: 1 }, url);
    await expect(open({ threads }).readFile("f1")).rejects.toMatchObject({
      code: "WorkerFailed",
      message: expect.stringContaining("decoderConcurrency: 0"),
    });
    await threads.close();
  });

  test("sources that were not compiled do all on their thread", async () => {
    const threads = createFromSources({ decoderConcurrency: 4 });
    await expectContents(open({ threads }));
    expect(threads.running).toBe(0);
    await threads.close();
  });
});

describe("openLocalArchive", () => {
  test("reads with threads, which end with it", async () => {
    const out = await scratchDirectory();
    const files = Array.from(contents, ([path, content]) => ({ path, content }));
    await createArchiveFiles(files, out);
    for (const decoderConcurrency of [0, 2]) {
      const archive = await openLocalArchive(out, { decoderConcurrency });
      await expectContents(archive);
      await archive.close();
    }
    await expect(openLocalArchive(out, { decoderConcurrency: 1.5 })).rejects.toMatchObject({
      code: "InvalidArgument",
      message: expect.stringContaining("decoderConcurrency"),
    });
  });

  test("starts as many as it is told, keeps no process alive, and none for a codec of the caller's", async () => {
    const out = await scratchDirectory();
    const files = Array.from(contents, ([path, content]) => ({ path, content }));
    await createArchiveFiles(files, out);
    const program = `
      import { openLocalArchive } from ${JSON.stringify(new URL("node/index.js", compiled).href)};
      import { portableZstdDecoder } from ${JSON.stringify(new URL("index.js", compiled).href)};
      let started = 0;
      process.on("worker", () => started++);
      const read = async (options) => {
        started = 0;
        // Nobody closes it.
        const archive = await openLocalArchive(${JSON.stringify(out)}, options);
        await Promise.all(Array.from({ length: 40 }, (_, at) => archive.readFile("f" + at)));
        return started;
      };
      console.log(
        await read({ decoderConcurrency: 3 }),
        await read({ decoderConcurrency: 0 }),
        await read({ decoderConcurrency: 3, zstd: portableZstdDecoder }),
      );`;
    expect(await runNode(["--input-type=module", "--eval", program])).toBe("3 0 0");
  });

  test("reads without threads where they are forbidden, unless it was told to have some", async () => {
    const out = await scratchDirectory();
    const files = Array.from(contents, ([path, content]) => ({ path, content }));
    await createArchiveFiles(files, out);
    const program = `
      import { openLocalArchive } from ${JSON.stringify(new URL("node/index.js", compiled).href)};
      const read = async (options) => {
        const archive = await openLocalArchive(${JSON.stringify(out)}, options);
        const all = Array.from({ length: 40 }, (_, at) => archive.readFile("f" + at));
        return Promise.all(all).then((read) => read.length, (error) => error.code);
      };
      console.log(await read({}), await read({ decoderConcurrency: 2 }));`;
    const permission = process.allowedNodeEnvironmentFlags.has("--permission")
      ? "--permission"
      : "--experimental-permission";
    const flags = [permission, "--no-warnings", "--allow-fs-read=*"];
    expect(await runNode([...flags, "--input-type=module", "--eval", program])).toBe("40 WorkerFailed");
  });
});
