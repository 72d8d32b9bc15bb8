import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { compilePackage } from "@blob/testing";

import { noise, text } from "../../testing/sample-content.js";
import { runNode } from "../../testing/run-module.js";
import { scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import type * as createArchiveModule from "./create-archive.js";
import { loadZstdEncoder, zstdEncoderLoaders } from "../zstd/zstd-encoders.js";
import { compressWorker, createWorkerStage } from "./worker-stage.js";
import type { WorkerSetup } from "./worker-stage.js";

const compiled = compilePackage("format");
const { createArchive }: typeof createArchiveModule = await import(
  new URL("node/create/create-archive.js", compiled).href
);
const encoder = await loadZstdEncoder();
const setup: WorkerSetup = { level: 3, changeDetection: "none", encoder: encoder.name };
const workerUrl = new URL("node/create/compress-worker.js", compiled);

/** A worker that runs this code. */
const workerOf = (code: string): URL => new URL(`data:text/javascript,${encodeURIComponent(code)}`);

const frame = { compress: true, chunkBytes: 4096 } as const;

describe("compressing in worker threads", () => {
  test("gives the same bytes for any number of them", async () => {
    const files: Record<string, string | Uint8Array> = {
      "large.txt": text(13_000_000),
      "large.bin": noise(9_000_000),
    };
    for (let index = 0; index < 1000; index++)
      files[`d${index % 7}/f${index}`] = text(index * 5) + (index % 300);
    files["twice.txt"] = text(13_000_000);
    const root = await writeTree(await scratchDirectory(), files);
    for (const compression of ["zstd", "none"] as const) {
      const digests = new Set<string>();
      for (const workers of [0, 1, 2, 5]) {
        const hash = createHash("sha256");
        const {
          index,
          data,
          files: count,
        } = await createArchive(
          root,
          { write: (chunk) => void hash.update(chunk) },
          { compression, workers },
        );
        expect(data.digest).toBe(`sha256:${hash.digest("hex")}`);
        expect(count).toBe(1003);
        digests.add(`${index.digest} ${data.digest}`);
      }
      expect([...digests]).toHaveLength(1);
    }
  });

  test("an error keeps its code, its path and the code of its cause", async () => {
    const stage = createWorkerStage(1, setup, workerUrl);
    const missing = {
      source: {
        kind: "found",
        root: { path: "/nonexistent", handle: undefined, handles: "", dev: 0n, ino: 0n },
        directories: [{ source: "", dev: 0n, ino: 0n }],
        names: new Map(),
      },
      paths: ["gone"],
      sizes: Float64Array.of(1),
      compress: Uint8Array.of(1),
    } as const;
    await expect(stage.batch(missing)).rejects.toMatchObject({
      name: "FormatError",
      code: "FileChanged",
      path: "gone",
      cause: { code: "ENOENT" },
    });
    // The worker goes on after an error of a file.
    expect(Buffer.from((await stage.part(new Uint8Array(5000), frame)).bytes)).toEqual(
      Buffer.from(encoder.compress(new Uint8Array(5000), 3)),
    );
    await stage.close();
  });

  test("works with every codec that this runtime has, for frames of any size", async () => {
    for (const [name, load] of zstdEncoderLoaders) {
      const here = await load();
      if (here === undefined) continue;
      const stage = createWorkerStage(1, { ...setup, encoder: name }, workerUrl);
      for (const size of [1, 100, 3000, 100_000, 1, 5_000_000, 100]) {
        const content = Buffer.from(text(size));
        const { bytes } = await stage.part(new Uint8Array(content), frame);
        expect(Buffer.compare(bytes, here.compress(content, 3)), `${name}, ${size} bytes`).toBe(0);
      }
      await stage.close();
    }
  });

  test.each([
    [
      "dies",
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(3));",
      "code 3",
    ],
    [
      "throws",
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => { throw new Error('boom'); });",
      "boom",
    ],
    ["does not start", "throw new Error('no start');", "no start"],
    ["does not parse", "(", "SyntaxError|Unexpected"],
  ])("a worker that %s is a clear error for everything it was asked", async (_name, code, message) => {
    const stage = createWorkerStage(2, setup, workerOf(code));
    const asked = Array.from({ length: 4 }, () => stage.part(new Uint8Array(10), frame));
    for (const result of await Promise.allSettled(asked)) {
      expect(result).toMatchObject({
        status: "rejected",
        reason: { name: "FormatError", code: "WorkerFailed" },
      });
    }
    await expect(asked[0]).rejects.toThrow(new RegExp(message));
    await expect(stage.part(new Uint8Array(10), frame)).rejects.toMatchObject({ code: "WorkerFailed" });
    await stage.close();
  });

  test("a request after the end is refused, and closing twice is harmless", async () => {
    const stage = createWorkerStage(1, setup, workerUrl);
    await stage.close();
    await stage.close();
    await expect(stage.part(new Uint8Array(1), frame)).rejects.toMatchObject({ code: "WorkerFailed" });
  });

  test("no thread keeps the process alive after an abort, or after an error", async () => {
    const root = await writeTree(await scratchDirectory(), { a: noise(20_000_000), b: text(20_000_000) });
    const script = `
      import { createArchive } from ${JSON.stringify(new URL("node/create/create-archive.js", compiled).href)};
      const abort = new AbortController();
      const write = () => abort.abort(new Error("stop"));
      const outcomes = [
        createArchive(${JSON.stringify(root)}, { write }, { workers: 2, signal: abort.signal }),
        createArchive(${JSON.stringify(root)}, { write() { throw new Error("full"); } }, { workers: 2 }),
        createArchive("/nonexistent", { write }, { workers: 2 }),
      ];
      console.log((await Promise.allSettled(outcomes)).map(({ status }) => status).join());`;
    const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
      encoding: "utf8",
    });
    expect(output.trim()).toBe("rejected,rejected,rejected");
  });

  test("a process that may not start threads gets an error that says what to do", async () => {
    const root = await writeTree(await scratchDirectory(), { a: text(5000) });
    const code = `
      import { createArchive } from ${JSON.stringify(new URL("node/create/create-archive.js", compiled).href)};
      const create = (workers) => createArchive(${JSON.stringify(root)}, { write() {} }, { workers });
      const { code, message } = await create(2).catch((error) => error);
      console.log(code, message, (await create(0)).files);`;
    const permission = process.allowedNodeEnvironmentFlags.has("--permission")
      ? "--permission"
      : "--experimental-permission";
    const flags = [permission, "--no-warnings", "--allow-fs-read=*", "--allow-fs-write=*"];
    expect(await runNode([...flags, "--input-type=module", "--eval", code])).toMatch(
      /^WorkerFailed .*workers: 0 1$/u,
    );
  });

  test("a codec of the caller's is used, on this thread", async () => {
    const root = await writeTree(await scratchDirectory(), { a: text(5000) });
    let calls = 0;
    const counting: typeof encoder = {
      name: "counting",
      compress(content, level) {
        calls++;
        return encoder.compress(content, level);
      },
    };
    await createArchive(root, { write: () => undefined }, { workers: 4, zstd: counting });
    expect(calls).toBe(1);
  });

  test("sources that were not compiled do everything on this thread", () => {
    expect(compressWorker).toBeUndefined();
  });
});
