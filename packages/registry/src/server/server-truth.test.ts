import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, statfs, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createConnection } from "node:net";
import path from "node:path";
import { createTemporaryDirectory, mountTmpfs } from "@blob/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { RegistryError } from "../errors.js";
import { createLayoutRegistry } from "../layout/layout-registry.js";
import { processMark, thisProcess } from "@blob/core/processes";
import { createMemoryRegistry } from "../memory-registry.js";
import type { Registry } from "../registry.js";
import { blobOf, noise } from "../testing/bytes.js";
import { manifestOf, manifestType, scratchDirectory } from "../testing/layout-fixture.js";
import { createRegistryServer } from "./registry-server.js";

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface Served {
  readonly directory: string;
  readonly uploads: string;
  readonly host: string;
  readonly registry: Registry;
  readonly ask: (method: string, path: string, init?: RequestInit) => Promise<Answer>;
  readonly begin: () => Promise<string>;
  /** What is below the directory and is not a blob or an index. */
  readonly leftovers: () => Promise<string[]>;
  readonly close: () => Promise<void>;
}

/** A server as `blob registry serve` makes it. */
async function serve(directory?: string, wrap = (registry: Registry) => registry): Promise<Served> {
  let root = directory;
  if (root === undefined) {
    const temporary = await createTemporaryDirectory();
    onTestFinished(() => temporary.remove());
    root = temporary.path;
  }
  const registry = createLayoutRegistry(root);
  const uploads = path.join(root, ".uploads");
  const server = await createRegistryServer(wrap(registry), {
    uploadDirectory: uploads,
    maxBlobBytes: 20_000_000,
  }).listen();
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await server.close();
    isOpen = false;
  };
  onTestFinished(close);
  const ask: Served["ask"] = async (method, where, init = {}) => {
    const response = await fetch(new URL(where, server.url), { method, ...init });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return {
    directory: root,
    uploads,
    host: server.host,
    registry,
    ask,
    begin: async () => (await ask("POST", "/v2/a/blobs/uploads/")).headers.get("location") ?? "",
    leftovers: async () => (await readdir(root, { recursive: true })).filter((name) => name.endsWith(".tmp")),
    close,
  };
}

const blob = blobOf(noise(300_000));

describe("an upload", () => {
  test("of other bytes than a blob that is there already is refused", async () => {
    const { ask, begin } = await serve();
    expect((await ask("PUT", `${await begin()}?digest=${blob.digest}`, { body: blob.bytes })).status).toBe(
      201,
    );
    const garbage = Buffer.alloc(blob.size, "x");
    for (const body of [garbage, "short", ""]) {
      const put = await ask("PUT", `${await begin()}?digest=${blob.digest}`, { body });
      const post = await ask("POST", `/v2/a/blobs/uploads/?digest=${blob.digest}`, { body });
      const location = await begin();
      await ask("PATCH", location, { body });
      const last = await ask("PUT", `${location}?digest=${blob.digest}`);
      expect([put.status, post.status, last.status]).toEqual([400, 400, 400]);
      expect(put.text).toContain("DIGEST_INVALID");
    }
    expect((await ask("PUT", `${await begin()}?digest=${blob.digest}`, { body: blob.bytes })).status).toBe(
      201,
    );
  });

  test("with a wrong digest ends, and leaves nothing", async () => {
    const { ask, begin, leftovers } = await serve();
    const location = await begin();
    expect((await ask("PATCH", location, { body: blob.bytes.subarray(1) })).status).toBe(202);
    expect(await leftovers()).toHaveLength(1);
    expect((await ask("PUT", `${location}?digest=${blob.digest}`)).status).toBe(400);
    expect((await ask("GET", location)).status).toBe(404);
    expect(await leftovers()).toEqual([]);
  });

  test("that the registry could not take can be finished again with the same bytes", async () => {
    let failures = 1;
    const flaky = (inner: Registry): Registry => ({
      ...inner,
      async pushBlob(...args) {
        failures -= 1;
        if (failures >= 0) throw new RegistryError("Unavailable", "not now");
        return inner.pushBlob(...args);
      },
    });
    const { ask, begin } = await serve(undefined, flaky);
    const location = await begin();
    await ask("PATCH", location, { body: blob.bytes.subarray(0, 1000) });
    const finish = (): Promise<Answer> =>
      ask("PUT", `${location}?digest=${blob.digest}`, { body: blob.bytes.subarray(1000) });
    expect((await finish()).status).toBe(502);
    expect((await ask("GET", location)).headers.get("range")).toBe("0-999");
    expect((await finish()).status).toBe(201);
    expect((await ask("GET", `/v2/a/blobs/${blob.digest}`)).status).toBe(200);
  });

  test.each([
    ["a gap", "2000-2999", 1000, 416],
    ["an overlap", "0-999", 1000, 416],
    ["no range", "x", 1000, 416],
    ["a range that is longer than the body", "1000-2999", 1000, 400],
    ["a range that is shorter than the body", "1000-1499", 1000, 400],
    ["a range that ends before it starts", "1000-5", 1000, 400],
  ])(
    "with %s changes nothing, whether or not its length was announced",
    async (_name, range, length, status) => {
      const { ask, begin } = await serve();
      for (const isAnnounced of [true, false]) {
        const location = await begin();
        await ask("PATCH", location, { body: blob.bytes.subarray(0, 1000) });
        const bytes = blob.bytes.subarray(1000, 1000 + length);
        const body = isAnnounced ? bytes : new Blob([bytes]).stream();
        for (const [method, where] of [
          ["PATCH", location],
          ["PUT", `${location}?digest=${blob.digest}`],
        ] as const) {
          const init = { body, headers: { "content-range": range }, duplex: "half" };
          if (!isAnnounced) init.body = new Blob([bytes]).stream();
          expect((await ask(method, where, init as RequestInit)).status).toBe(status);
          expect((await ask("GET", location)).headers.get("range")).toBe("0-999");
        }
      }
    },
  );

  test("that grew too large ends, and frees its room", async () => {
    const { ask, begin, leftovers } = await serve();
    const location = await begin();
    await ask("PATCH", location, { body: Buffer.alloc(15_000_000) });
    expect((await ask("PATCH", location, { body: Buffer.alloc(6_000_000) })).status).toBe(413);
    expect((await ask("GET", location)).status).toBe(404);
    expect(await leftovers()).toEqual([]);
  });

  test("of a client that goes away keeps what came, and says how much", async () => {
    const { ask, begin, host } = await serve();
    const location = await begin();
    const [hostname = "", port] = host.split(":");
    const socket = createConnection(Number(port), hostname);
    await once(socket, "connect");
    const head = `PATCH ${location} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${String(blob.size)}\r\n\r\n`;
    socket.write(Buffer.concat([Buffer.from(head), blob.bytes.subarray(0, 1000)]));
    await expect.poll(async () => (await ask("GET", location)).headers.get("range")).toBe("0-999");
    socket.destroy();
    await expect
      .poll(async () => (await ask("PATCH", location, { body: blob.bytes.subarray(1000) })).status)
      .toBe(202);
    expect((await ask("PUT", `${location}?digest=${blob.digest}`)).status).toBe(201);
  });

  test("is one request at a time", async () => {
    const { ask, begin, host } = await serve();
    const location = await begin();
    const slow = request(`http://${host}${location}`, { method: "PATCH" });
    const answered = once(slow, "response");
    slow.write("first");
    await expect.poll(async () => (await ask("GET", location)).headers.get("range")).toBe("0-4");
    expect((await ask("PATCH", location, { body: "second" })).status).toBe(409);
    expect((await ask("PUT", `${location}?digest=${blob.digest}`, { body: "third" })).status).toBe(409);
    expect((await ask("GET", location)).headers.get("range")).toBe("0-4");
    // Given up in the middle: then the first one did not succeed either.
    expect((await ask("DELETE", location)).status).toBe(204);
    slow.end("more");
    const [response] = (await answered) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(404);
  });
});

test("twenty writers of one tag: each is told the truth, and the tag is one of theirs", async () => {
  const { ask, registry } = await serve();
  await ask("POST", `/v2/a/blobs/uploads/?digest=${blobOf("{}").digest}`, { body: "{}" });
  const manifests = Array.from({ length: 20 }, (_, at) => manifestOf({ annotations: { at: String(at) } }));
  const answers = await Promise.all(
    manifests.map(({ bytes }) =>
      ask("PUT", "/v2/a/manifests/latest", { body: bytes, headers: { "content-type": manifestType } }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(manifests.map(() => 201));
  expect(answers.map(({ headers }) => headers.get("docker-content-digest"))).toEqual(
    manifests.map(({ digest }) => digest),
  );
  for (const { digest } of manifests)
    expect((await ask("GET", `/v2/a/manifests/${digest}`)).status).toBe(200);
  const { digest } = await registry.resolve("a", "latest");
  expect(manifests.map((one) => one.digest)).toContain(digest);
});

test("what is damaged in the store is not the fault of who reads it", async () => {
  const { ask, directory } = await serve();
  const { digest, bytes } = manifestOf();
  await ask("POST", `/v2/a/blobs/uploads/?digest=${blobOf("{}").digest}`, { body: "{}" });
  await ask("PUT", "/v2/a/manifests/v1", { body: bytes, headers: { "content-type": manifestType } });
  await writeFile(path.join(directory, "a/blobs/sha256", digest.slice(7)), "short");
  for (const method of ["GET", "HEAD"]) {
    expect((await ask(method, "/v2/a/manifests/v1")).status).toBe(500);
  }
  await writeFile(path.join(directory, "a/oci-layout"), "{}");
  expect((await ask("GET", "/v2/a/tags/list")).status).toBe(500);
});

test("a manifest that is listed and not there is not there", async () => {
  const { ask, directory } = await serve();
  const { digest, bytes } = manifestOf();
  await ask("POST", `/v2/a/blobs/uploads/?digest=${blobOf("{}").digest}`, { body: "{}" });
  await ask("PUT", "/v2/a/manifests/v1", { body: bytes, headers: { "content-type": manifestType } });
  expect((await ask("DELETE", `/v2/a/blobs/${digest}`)).status).toBe(202);
  expect((await ask("HEAD", "/v2/a/manifests/v1")).status).toBe(404);
  expect(await readFile(path.join(directory, "a/index.json"), "utf8")).toContain(digest);
});

describe("a full disk", () => {
  const manifest = { body: manifestOf().bytes, headers: { "content-type": manifestType } };
  const large = blobOf(noise(3_000_000));

  test("is said in so many words, leaves nothing half stored, and goes away", async () => {
    const directory = await scratchDirectory();
    const disk = path.join(directory, "disk");
    await mkdir(disk);
    if (!mountTmpfs(disk, "size=2m")) return;
    const { ask, begin, leftovers } = await serve(disk);
    const before = (await statfs(disk)).bfree;
    const expectFull = ({ status, text }: Answer): void => {
      expect({ status, text }).toEqual({
        status: 507,
        text: expect.stringContaining("the disk of the registry is full") as string,
      });
    };
    expectFull(await ask("PUT", `${await begin()}?digest=${large.digest}`, { body: large.bytes }));
    expectFull(await ask("POST", `/v2/a/blobs/uploads/?digest=${large.digest}`, { body: large.bytes }));
    const location = await begin();
    expect((await ask("PATCH", location, { body: large.bytes.subarray(0, 1_000_000) })).status).toBe(202);
    expectFull(await ask("PATCH", location, { body: large.bytes.subarray(1_000_000) }));
    expect((await ask("GET", location)).status).toBe(404);
    // What was received fits; to store it takes as much again.
    const other = await begin();
    const half = blobOf(noise(1_300_000));
    expect((await ask("PATCH", other, { body: half.bytes })).status).toBe(202);
    expectFull(await ask("PUT", `${other}?digest=${half.digest}`));
    expect(await leftovers()).toEqual([]);
    expect((await ask("HEAD", `/v2/a/blobs/${large.digest}`)).status).toBe(404);
    expect((await statfs(disk)).bfree).toBeGreaterThan(before - 20);
    const small = await ask("PUT", `${await begin()}?digest=${blob.digest}`, { body: blob.bytes });
    expect(small.status).toBe(201);
  });

  test("refuses a manifest and keeps those that are there", async () => {
    const directory = await scratchDirectory();
    const disk = path.join(directory, "disk");
    await mkdir(disk);
    if (!mountTmpfs(disk, "size=1m")) return;
    const { ask, leftovers } = await serve(disk);
    await ask("POST", `/v2/a/blobs/uploads/?digest=${blobOf("{}").digest}`, { body: "{}" });
    expect((await ask("PUT", "/v2/a/manifests/v1", manifest)).status).toBe(201);
    const { bavail, bsize } = await statfs(disk);
    await writeFile(path.join(disk, "filler"), Buffer.alloc(bavail * bsize));
    const other = { ...manifest, body: manifestOf({ annotations: { name: "other" } }).bytes };
    expect((await ask("PUT", "/v2/a/manifests/v2", other)).status).toBe(507);
    expect((await ask("PUT", "/v2/a/manifests/v1", other)).status).toBe(507);
    expect((await ask("GET", "/v2/a/tags/list")).text).toBe('{"name":"a","tags":["v1"]}');
    expect((await ask("GET", "/v2/a/manifests/v1")).text).toBe(manifestOf().bytes.toString());
    expect(await leftovers()).toEqual([]);
    await writeFile(path.join(disk, "filler"), "");
    expect((await ask("PUT", "/v2/a/manifests/v2", other)).status).toBe(201);
  });
});

describe("the directory of uploads", () => {
  test("is where uploads are, and is gone with the server", async () => {
    const { ask, begin, uploads, directory, close } = await serve();
    await ask("PATCH", await begin(), { body: "half" });
    expect(await readdir(uploads)).toHaveLength(1);
    await close();
    expect(await readdir(directory)).toEqual([]);
  });

  test("loses what killed servers left when the next one listens, and nothing else", async () => {
    const directory = await scratchDirectory();
    const uploads = path.join(directory, ".uploads");
    await mkdir(uploads);
    const own = thisProcess();
    const id = "00000000-0000-4000-8000-000000000000";
    const dead = `.${processMark({ ...own, start: "1" })}.${id}.tmp`;
    const alive = `.${processMark(own)}.${id}.tmp`;
    for (const name of [dead, alive, "notes.txt"]) await writeFile(path.join(uploads, name), "half");
    const { close } = await serve(directory);
    expect((await readdir(uploads)).toSorted()).toEqual([alive, "notes.txt"].toSorted());
    await close();
    expect((await readdir(uploads)).toSorted()).toEqual([alive, "notes.txt"].toSorted());
  });

  test("is one for temporary files when there is none", async () => {
    const server = await createRegistryServer(createMemoryRegistry()).listen();
    const body = createReadStream(import.meta.filename);
    const begun = await fetch(`${server.url}/v2/a/blobs/uploads/`, { method: "POST" });
    const location = begun.headers.get("location") ?? "";
    const init = { method: "PATCH", body, duplex: "half" } as unknown as RequestInit;
    expect((await fetch(server.url + location, init)).status).toBe(202);
    await server.close();
  });
});

test("closing waits for what is under way", async () => {
  let release: (() => void) | undefined;
  let isDone = false;
  const slow = (inner: Registry): Registry => ({
    ...inner,
    async statBlob() {
      await new Promise<void>((resolve) => (release = resolve));
      isDone = true;
      return undefined;
    },
  });
  const { ask, close } = await serve(undefined, slow);
  const asking = ask("HEAD", `/v2/a/blobs/${blob.digest}`).catch(() => "broken off");
  await expect.poll(() => release).toBeDefined();
  setTimeout(() => release?.(), 100);
  await close();
  expect([isDone, await asking]).toEqual([true, "broken off"]);
});
