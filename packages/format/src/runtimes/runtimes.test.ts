import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { compilePackage, hasProgram } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import type { Compression } from "../entry.js";
import { scratchDirectory } from "../testing/scratch-directory.js";
import { startArchiveServer } from "./archive-server.js";
import type { ArchiveServer, ArchiveServerOptions, RecordedRequest } from "./archive-server.js";
import { runUntil } from "./runtime-process.js";
import { chromium, runtimes } from "./runtimes.js";
import type { Runtime } from "./runtimes.js";
import { entriesOf, sampleTree, writeSampleArchives } from "./sample-archives.js";

const compiled = compilePackage("format");
const core = dirname(dirname(createRequire(new URL("index.js", compiled)).resolve("@blob/core/errors")));
const dependencies = fileURLToPath(new URL("../../node_modules/", import.meta.url));
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "blob-runtimes-"));
  await writeSampleArchives(directory);
});

afterAll(() => rm(directory, { recursive: true, force: true }));

describe.each(runtimes)("$name", (runtime) => {
  test.runIf(hasProgram(runtime.program))("reads verified ranges of archives by URL", async ({ signal }) => {
    const server = await startServer();
    await runScenario(runtime, server, server, signal);
    expect(server.requests.filter(({ status }) => status >= 400)).toEqual([]);
  });
});

test.runIf(hasProgram(chromium.program))("a page reads archives of another origin", async ({ signal }) => {
  const archives = await startServer({ crossOrigin: true });
  await runScenario(chromium, await startServer(), archives, signal);
});

async function startServer(options?: ArchiveServerOptions): Promise<ArchiveServer> {
  const server = await startArchiveServer(
    {
      "/archives/": directory,
      "/modules/@blob/core/": core,
      "/modules/@blob/format/": fileURLToPath(compiled),
      "/modules/@noble/hashes/": join(dependencies, "@noble/hashes"),
      "/modules/mrmime/": join(dependencies, "mrmime"),
      "/runtimes/": fileURLToPath(new URL(".", import.meta.url)),
    },
    options,
  );
  onTestFinished(() => server.close());
  return server;
}

/** Runs the scenario, and checks what it found and what it moved for that. */
async function runScenario(
  runtime: Runtime,
  { origin, report }: ArchiveServer,
  archives: ArchiveServer,
  signal: AbortSignal,
): Promise<void> {
  const run = runtime.start({
    origin,
    archives: archives.origin,
    mainEntry: new URL("index.js", compiled).href,
    home: await scratchDirectory(),
  });
  expect(await runUntil(report, run, signal)).toEqual(await expectedReport());
  for (const name of ["zstd", "none"]) {
    const path = `/archives/${name}/data.blob`;
    // What asks for permission to read from another origin is not a read.
    const reads = archives.requests.filter((request) => request.path === path && request.method === "GET");
    expect(reads).toEqual(await expectedReads(name, path));
  }
}

async function expectedReport(): Promise<unknown> {
  const log = sampleTree["large.log"];
  const content = (compression: Compression): unknown => ({
    paths: Object.keys(sampleTree),
    root: ["directory docs", "file large.log", "file readme.md"],
    filesInDocs: 3,
    isEncodedAlike: true,
    compression,
    text: sampleTree["docs/hello.txt"],
    empty: 0,
    stream: { bytes: Buffer.byteLength(log), sha256: createHash("sha256").update(log).digest("hex") },
  });
  const wrong = { code: "HashMismatch", path: "docs/hello.txt" };
  const damaged = {
    readFile: wrong,
    stream: wrong,
    missing: { code: "NotFound", path: "docs/none.txt" },
    aborted: "enough",
    afterwards: sampleTree["docs/intact.txt"],
  };
  const handledEntries = await entriesOf(join(directory, "handled"));
  const size = Buffer.byteLength(sampleTree["docs/hello.txt"]);
  const handled = {
    index: [200, "text/markdown; charset=utf-8"],
    page: sampleTree["docs/hello.txt"],
    part: [206, `bytes 7-9/${size}`, "Hel"],
    unchanged: 304,
    large: { bytes: Buffer.byteLength(log), sha256: createHash("sha256").update(log).digest("hex") },
    frames: ["zstd", handledEntries.get("large.log")?.storedSize],
    redirect: [308, "/docs/"],
    missing: 404,
    hostile: 400,
    head: [200, String(size), 0],
  };
  return { zstd: content("zstd"), none: content("none"), damaged, handled };
}

/** One byte to learn the size, and then exactly what is stored of the two files that are not empty. */
async function expectedReads(name: string, path: string): Promise<readonly RecordedRequest[]> {
  const entries = await entriesOf(join(directory, name));
  const files = ["docs/hello.txt", "large.log"].flatMap((file) => entries.get(file) ?? []);
  return [{ dataOffset: 0, storedSize: 1 }, ...files].map(({ dataOffset, storedSize }) => ({
    method: "GET",
    path,
    range: `bytes=${dataOffset}-${dataOffset + storedSize - 1}`,
    status: 206,
    bytes: storedSize,
  }));
}
