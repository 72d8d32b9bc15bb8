import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { hasProgram } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Entry } from "../entry.js";
import { compilePackage } from "../testing/compiled-package.js";
import { scratchDirectory } from "../testing/scratch-directory.js";
import { startArchiveServer } from "./archive-server.js";
import type { ArchiveServer } from "./archive-server.js";
import { runUntil } from "./runtime-process.js";
import { runtimes } from "./runtimes.js";
import type { Runtime } from "./runtimes.js";
import { entriesOf, sampleTree, writeSampleArchives } from "./sample-archives.js";

const compiled = compilePackage();
const dependencies = fileURLToPath(new URL("../../node_modules/", import.meta.url));
let archives: string;

beforeAll(async () => {
  archives = await mkdtemp(join(tmpdir(), "blob-runtimes-"));
  await writeSampleArchives(archives);
});

afterAll(() => rm(archives, { recursive: true, force: true }));

describe.each(runtimes)("$name", (runtime) => {
  const isThere = hasProgram(runtime.program);

  test.runIf(isThere)("opens archives by URL and reads verified ranges of them", async ({ signal }) => {
    const { report, requests } = await runScenario(runtime, signal);
    const content = {
      paths: Object.keys(sampleTree),
      root: ["directory docs", "file large.log", "file readme.md"],
      totals: expect.objectContaining({ files: 3 }) as unknown,
      isEncodedAlike: true,
      text: sampleTree["docs/hello.txt"],
      empty: 0,
      stream: {
        bytes: Buffer.byteLength(sampleTree["large.log"]),
        sha256: createHash("sha256").update(sampleTree["large.log"]).digest("hex"),
      },
    };
    const wrong = { code: "HashMismatch", path: "docs/hello.txt" };
    expect(report).toEqual({
      zstd: content,
      none: content,
      damaged: {
        readFile: wrong,
        stream: wrong,
        missing: { code: "NotFound", path: "docs/none.txt" },
        aborted: "enough",
        afterwards: sampleTree["docs/intact.txt"],
      },
    });
    for (const name of ["zstd", "none"]) {
      // The size, and then exactly what is stored of the two files that were read: the empty one is free.
      expect(requests.filter(({ path }) => path === `/archives/${name}/data.blob`)).toEqual(
        [{ dataOffset: 0, storedSize: 1 }, ...(await storedFiles(name, ["docs/hello.txt", "large.log"]))].map(
          ({ dataOffset, storedSize }) => ({
            method: "GET",
            path: `/archives/${name}/data.blob`,
            range: `bytes=${dataOffset}-${dataOffset + storedSize - 1}`,
            status: 206,
            bytes: storedSize,
          }),
        ),
      );
    }
    expect(requests.filter(({ status }) => status >= 400)).toEqual([]);
  });
});

async function runScenario(
  runtime: Runtime,
  signal: AbortSignal,
): Promise<{ readonly report: unknown; readonly requests: ArchiveServer["requests"] }> {
  const home = await scratchDirectory();
  const server = await startArchiveServer({
    "/archives/": archives,
    "/modules/@blob/format/": fileURLToPath(compiled),
    "/modules/@noble/hashes/": join(dependencies, "@noble/hashes"),
    "/modules/flatbuffers/": join(dependencies, "flatbuffers"),
    "/runtimes/": fileURLToPath(new URL(".", import.meta.url)),
  });
  try {
    const run = runtime.start({ origin: server.origin, mainEntry: new URL("index.js", compiled).href, home });
    return { report: await runUntil(server.report, run, signal), requests: server.requests };
  } finally {
    await server.close();
  }
}

async function storedFiles(name: string, paths: readonly string[]): Promise<readonly Entry[]> {
  const entries = await entriesOf(join(archives, name));
  return paths.flatMap((path) => entries.get(path) ?? []);
}
