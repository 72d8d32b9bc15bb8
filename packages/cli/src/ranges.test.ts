import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { open, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { PassThrough, Writable } from "node:stream";
import { Ajv2020 } from "ajv/dist/2020.js";
import { createClient } from "@blob/client";
import { createArchiveFiles } from "@blob/client/files";
import type { DockerRegistry, TemporaryDirectory, TestRegistry } from "@blob/testing";
import {
  createTemporaryDirectory,
  hasProgram,
  startDockerRegistry,
  startTestRegistry,
  writeTree,
} from "@blob/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { main } from "./index.js";
import type { Ran } from "./testing/run-blob.js";
import { runBlob } from "./testing/run-blob.js";

const mebibyte = 1024 * 1024;
// Compresses to a half, in three chunks of 4 MiB.
const log = Buffer.from(randomBytes(5 * mebibyte + 500_000).toString("hex"));
const binary = randomBytes(6 * mebibyte);
const env = { BLOB_PLAIN_HTTP: "1" };
let directory: TemporaryDirectory;
let registry: TestRegistry;
let reference = "";
let site = "";
let dataDigest = "";

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  registry = await startTestRegistry();
  reference = `${registry.host}/acme/site:v1`;
  site = path.join(directory.path, "site");
  await writeTree(site, { "access.log": log, "b.bin": binary, "small.txt": "a small file" });
  await using client = createClient({ plainHttp: true });
  dataDigest = (await client.push(reference, site)).data.digest;
});
afterAll(async () => {
  await registry.close();
  await directory.remove();
});
beforeEach(() => void registry.requests.splice(0));

/** The command, whose output is bytes. */
async function cat(argv: readonly string[]): Promise<Ran & { readonly bytes: Buffer }> {
  const pieces: Buffer[] = [];
  const stdout = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(Buffer.from(piece));
      done();
    },
  });
  const ran = await runBlob(["cat", ...argv], { env, stdout });
  return { ...ran, bytes: Buffer.concat(pieces) };
}

function expectSame(actual: Buffer, wanted: Buffer): void {
  expect(actual.length).toBe(wanted.length);
  expect(Buffer.compare(actual, wanted)).toBe(0);
}

/** Requests for data, and the bytes that came. */
function dataRead(): { readonly requests: number; readonly bytes: number } {
  const all = registry.requests.splice(0).filter((one) => one.path.includes(dataDigest));
  return { requests: all.length, bytes: all.reduce((sum, one) => sum + one.bytesSent, 0) };
}

describe("cat --range", () => {
  const cut = 8 * mebibyte;
  const { length } = log;
  test.each([
    ["deep in the file", `${String(cut + 1_000_000)}-${String(cut + 1_000_028)}`, cut + 1_000_000, 29, 1],
    ["across two chunks", `${String(cut - 10)}-${String(cut + 9)}`, cut - 10, 20, 2],
    ["to the end", `${String(length - 5)}-`, length - 5, 5, 1],
    ["the end", "-100", length - 100, 100, 1],
    ["beyond the end", `${String(length - 5)}-${String(length + 5)}`, length - 5, 5, 1],
  ])("of a large compressed file: %s", async (_, range, offset, count, chunks) => {
    const ran = await cat([reference, "access.log", "--range", range]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expectSame(ran.bytes, log.subarray(offset, offset + count));
    expect(registry.requests).toHaveLength(3);
    // A chunk of 4 MiB takes half of that, and some bytes of its frame.
    const { requests, bytes } = dataRead();
    expect(requests).toBe(1);
    expect(bytes).toBeLessThan(chunks * 2.2 * mebibyte);
  });

  test("of binary files, more than is verified at once, and more than there is", async () => {
    const part = await cat([reference, "b.bin", "--range", "1048570-1048580"]);
    expectSame(part.bytes, binary.subarray(1_048_570, 1_048_581));
    expect(dataRead().bytes).toBeLessThanOrEqual(2 * mebibyte);
    const large = await cat([reference, "access.log", "--range=1-"]);
    expect(large).toMatchObject({ code: 0, stderr: "" });
    expectSame(large.bytes, log.subarray(1));
    const most = await cat([reference, "access.log", "--range=-999999999"]);
    expectSame(most.bytes, log);
    expect((await cat([reference, "access.log", "--range", "99999999999-"])).bytes).toHaveLength(0);
  });

  test("of several files gives that part of each", async () => {
    const { bytes } = await cat([reference, "small.txt", "access.log", "--range", "2-6"]);
    expect(bytes.toString()).toBe(`small${log.subarray(2, 7).toString()}`);
  });

  test.each(["-0", "--5", "5", "a-b", "5-4", "1.5-2", "-", ""])("%s is none", async (range) => {
    const ran = await cat([reference, "small.txt", `--range=${range}`]);
    expect(ran).toMatchObject({ code: 2 });
    expect(ran.stderr).toContain("FIRST-LAST");
    expect(registry.requests).toEqual([]);
  });
});

describe("what is damaged", () => {
  let liar: TestRegistry;
  beforeAll(async () => {
    liar = await startTestRegistry({ registry: registry.registry });
    liar.damage(dataDigest);
  });
  afterAll(() => liar.close());

  test("is not written, and the error names the file; what is right is", async () => {
    const there = `${liar.host}/acme/site:v1`;
    const wrong = await cat([there, "access.log", "--range", "4194300-4194310"]);
    // The first byte of the data is another one: that of the first chunk.
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toContain("access.log");
    expect(wrong.bytes).toHaveLength(0);
    const streamed = await cat([there, "access.log", "--range", "0-9999999"]);
    expect(streamed.code).toBe(wrong.code);
    expect(streamed.bytes).toHaveLength(0);
    const right = await cat([there, "access.log", "--range", "4194304-4194310"]);
    expectSame(right.bytes, log.subarray(4_194_304, 4_194_311));
  });
});

test("a chunk that was read is kept: counted, verified, read again without a request, and replaced when it is damaged", async () => {
  const homeDirectory = path.join(directory.path, "home");
  const blob = async (...argv: string[]): Promise<string> => {
    const ran = await runBlob(argv, { env, homeDirectory });
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    return ran.stdout;
  };
  const read = async (): Promise<number> => {
    registry.requests.splice(0);
    expect(await blob("cat", "--range", "9000000-9000009", reference, "access.log")).toBe(
      log.subarray(9_000_000, 9_000_010).toString(),
    );
    return registry.requests.length;
  };
  const blocksOf = async (command: "status" | "verify"): Promise<unknown> => {
    const { caches } = JSON.parse(await blob("cache", command, "--output", "json")) as {
      readonly caches: readonly { readonly name: string }[];
    };
    return caches.find(({ name }) => name === "blocks");
  };
  expect(await read()).toBe(3);
  expect(await blocksOf("status")).toMatchObject({ files: 1, size: log.length - 8 * mebibyte });
  expect(await blocksOf("verify")).toMatchObject({ good: 1, bad: [] });
  expect(await read()).toBe(0);
  const blocks = path.join(homeDirectory, ".cache/blob/blocks");
  const [file] = (await readdir(blocks, { recursive: true, withFileTypes: true })).filter(
    (one) => one.isFile() && /^[0-9a-f]{64}$/u.test(one.name),
  );
  const name = path.join(file?.parentPath ?? "", file?.name ?? "");
  await writeFile(name, "wrong");
  expect(await read()).toBe(1);
  await writeFile(name, "wrong again");
  expect(await blocksOf("verify")).toMatchObject({ good: 0, bad: [file?.name] });
  expect(await read()).toBe(1);
  expect(await read()).toBe(0);
});

describe("files without chunks", () => {
  const archive = (): string => path.join(directory.path, "old");
  beforeAll(async () => {
    const source = path.join(directory.path, "old source");
    await writeTree(source, {
      "a small.txt": "a small file",
      "z large.bin": Buffer.alloc(9 * mebibyte, "z"),
    });
    await createArchiveFiles(source, archive(), { compression: "none", chunking: "none" });
  });

  test("are verified when they are small: a wrong part is an error, also where it was not asked for", async () => {
    const good = await cat([`file:${archive()}`, "a small.txt", "--range", "2-6"]);
    expect(good).toMatchObject({ code: 0, stderr: "" });
    expect(good.bytes.toString()).toBe("small");
    const file = await open(path.join(archive(), "data.blob"), "r+");
    await file.write("A", 0);
    await file.close();
    const wrong = await cat([`file:${archive()}`, "a small.txt", "--range", "2-6"]);
    expect(wrong.code).not.toBe(0);
    expect(wrong.bytes).toHaveLength(0);
  });

  test("are not when they are large, which is said", async () => {
    const loud = await cat([`file:${archive()}`, "z large.bin", "--range", "5-9"]);
    expect(loud).toMatchObject({ code: 0 });
    expect(loud.bytes.toString()).toBe("zzzzz");
    expect(loud.stderr).toContain("z large.bin: these bytes are not verified");
    const quiet = await cat([`file:${archive()}`, "z large.bin", "--range", "5-9", "--quiet"]);
    expect(quiet).toMatchObject({ code: 0, stderr: "" });
    // All of it is verified whatever it is called.
    expect((await cat([`file:${archive()}`, "z large.bin", "--range", "0-"])).stderr).toBe("");
  });
});

describe("JSON", () => {
  async function json(...argv: string[]): Promise<Record<string, unknown>> {
    const ran = await runBlob([...argv, "--output", "json"], { env });
    const schema = await readFile(new URL(`../schemas/${argv[0] ?? ""}.json`, import.meta.url), "utf8");
    const told = JSON.parse(ran.stdout) as Record<string, unknown>;
    const validate = new Ajv2020().compile(JSON.parse(schema) as object);
    expect(validate(told), JSON.stringify(validate.errors)).toBe(true);
    return told;
  }

  test("says how files are cut, and nothing about those that are one piece", async () => {
    const { entries } = await json("ls", reference);
    expect(entries).toMatchObject([
      { name: "access.log", chunks: 3, chunk_size: 4 * mebibyte },
      { name: "b.bin", chunks: 6, chunk_size: mebibyte },
      { name: "small.txt" },
    ]);
    expect((entries as object[])[2]).not.toHaveProperty("chunks");
    expect(await json("inspect", reference)).toMatchObject({ files: 3, chunked_files: 2, chunks: 9 });
  });
});

describe.skipIf(!hasProgram("docker-registry"))("blob serve in front of docker-registry", () => {
  let real: DockerRegistry;
  let served: { readonly url: string; readonly log: () => string; stop(): Promise<number> };

  beforeAll(async () => {
    real = await startDockerRegistry();
    const there = `${real.host}/acme/site:v1`;
    await using client = createClient({ plainHttp: true });
    await client.push(there, site);
    const stop = new AbortController();
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    let messages = "";
    stderr.setEncoding("utf8").on("data", (text: string) => (messages += text));
    const cache = path.join(directory.path, "serve cache");
    const ended = main(["serve", "--port", "0", there, "--output", "json", "--debug"], {
      stdin: new PassThrough(),
      stdout,
      stderr,
      env: { ...env, BLOB_CACHE_DIR: cache },
      homeDirectory: directory.path,
      signal: stop.signal,
    });
    const [said] = (await once(stdout, "data")) as Buffer[];
    served = {
      url: (JSON.parse(String(said)) as { readonly url: string }).url,
      log: () => messages,
      stop() {
        stop.abort();
        return ended;
      },
    };
  });
  afterAll(async () => {
    await served.stop();
    await real.close();
  });

  /** How many requests for blobs the log has since it was so long. */
  const blobRequests = (since: number): number =>
    served
      .log()
      .slice(since)
      .match(/GET http\S*\/blobs\//gu)?.length ?? 0;

  test("a part of a large compressed file is a 206, verified, and one range; then none", async () => {
    const [first, last] = [9 * mebibyte, 9 * mebibyte + 28];
    const get = async (from: number, to: number): Promise<void> => {
      const response = await fetch(`${served.url}access.log`, {
        headers: { range: `bytes=${String(from)}-${String(to)}` },
      });
      expect(response.status).toBe(206);
      expect(response.headers.get("content-range")).toBe(
        `bytes ${String(from)}-${String(to)}/${String(log.length)}`,
      );
      expectSame(Buffer.from(await response.arrayBuffer()), log.subarray(from, to + 1));
    };
    const before = served.log().length;
    expect(blobRequests(0)).toBe(1);
    await get(first, last);
    expect(blobRequests(before)).toBe(1);
    await get(first, last);
    await get(first + 1000, last + 100_000);
    expect(blobRequests(before)).toBe(1);
    await get(log.length - 10, log.length - 1);
    expect(blobRequests(before)).toBe(1);
    await get(0, 4 * mebibyte);
    expect(blobRequests(before)).toBe(2);
  });

  test("the page of a large text says how much it shows, and not that it is unverified", async () => {
    const page = await (await fetch(`${served.url}access.log?preview`)).text();
    expect(/<p class="note">[^<]*/u.exec(page)?.[0]).toBe('<p class="note">The first 256.0 KiB of 11.0 MiB.');
  });
});
