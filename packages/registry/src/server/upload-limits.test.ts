import { once } from "node:events";
import { readdir } from "node:fs/promises";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request as httpRequest } from "node:http";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createLayoutRegistry } from "../layout/layout-registry.js";
import type { TestBlob } from "../testing/bytes.js";
import { blobOf, noise } from "../testing/bytes.js";
import { scratchDirectory } from "../testing/layout-fixture.js";
import type { RegistryServerOptions } from "./registry-server.js";
import { createRegistryServer } from "./registry-server.js";

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface Served {
  readonly ask: (method: string, path: string, body?: Uint8Array) => Promise<Answer>;
  readonly begin: () => Promise<string>;
  /** A request that has sent the beginning of its body, and it has arrived. */
  readonly open: (method: string, path: string, body: TestBlob, sent: number) => Promise<Opened>;
  /** Files of uploads, and parts of blobs. */
  readonly leftovers: () => Promise<string[]>;
}

interface Opened {
  readonly request: ClientRequest;
  readonly status: Promise<number>;
}

async function serve(limits: RegistryServerOptions): Promise<Served> {
  const directory = await scratchDirectory();
  const layouts = createLayoutRegistry(directory);
  let arrived = 0;
  const registry: typeof layouts = {
    ...layouts,
    pushBlob: (repository, blob, opening, options) =>
      layouts.pushBlob(repository, blob, () => counted(opening()), options),
  };
  async function* counted(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      arrived += chunk.length;
      yield chunk;
    }
  }
  const uploadDirectory = path.join(directory, ".uploads");
  const server = await createRegistryServer(registry, { uploadDirectory, ...limits }).listen();
  onTestFinished(() => server.close());
  const ask: Served["ask"] = async (method, where, body) => {
    const init: RequestInit = body === undefined ? { method } : { method, body: new Uint8Array(body) };
    const response = await fetch(new URL(where, server.url), init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return {
    ask,
    begin: async () => (await ask("POST", "/v2/a/blobs/uploads/")).headers.get("location") ?? "",
    async open(method, where, { bytes, size }, sent) {
      const before = arrived;
      const headers = { "content-length": size };
      const request = httpRequest(new URL(where, server.url), { method, headers, agent: false });
      request.on("error", () => undefined);
      onTestFinished(() => void request.destroy());
      const status = once(request, "response").then(
        ([response]) => (response as IncomingMessage).resume().statusCode ?? 0,
        () => 0,
      );
      request.write(bytes.subarray(0, sent));
      const last = `0-${String(sent - 1)}`;
      await expect
        .poll(async () =>
          method === "PATCH"
            ? (await ask("GET", where)).headers.get("range") === last
            : arrived - before === sent,
        )
        .toBe(true);
      return { request, status };
    },
    leftovers: async () =>
      (await readdir(directory, { recursive: true })).filter((name) => name.endsWith(".tmp")),
  };
}

const blob = blobOf(noise(600));
const expectBusy = ({ status, headers, text }: Answer): void => {
  expect([status, headers.get("retry-after")]).toEqual([429, "5"]);
  expect(text).toContain("TOOMANYREQUESTS");
};

test("an upload that nobody asks for any more is given up, one at work is not", async () => {
  const { ask, begin, open, leftovers } = await serve({ maxUploadIdleMs: 50 });
  const { request, status } = await open("POST", `/v2/a/blobs/uploads/?digest=${blob.digest}`, blob, 100);
  const location = await begin();
  await ask("PATCH", location, blob.bytes);
  // The one at work was silent for longer.
  await expect.poll(leftovers).toEqual([expect.stringMatching(/^a\/blobs\//u)]);
  expect((await ask("GET", location)).status).toBe(404);
  request.end(blob.bytes.subarray(100));
  expect(await status).toBe(201);
  expect(await leftovers()).toEqual([]);
});

test("an upload that is asked for stays", async () => {
  const { ask, begin } = await serve({ maxUploadIdleMs: 60_000 });
  const location = await begin();
  await ask("PATCH", location, blob.bytes);
  expect((await ask("PUT", `${location}?digest=${blob.digest}`)).status).toBe(201);
});

test("of too many uploads the one that was silent for longest is given up", async () => {
  const { ask, begin } = await serve({ maxUploads: 2 });
  const [first, second] = [await begin(), await begin()];
  expect((await ask("GET", first)).status).toBe(204);
  const third = await begin();
  const statuses = [first, second, third].map(async (one) => (await ask("GET", one)).status);
  expect(await Promise.all(statuses)).toEqual([204, 404, 204]);
});

test("where too many uploads are at work, no other one begins until one is done", async () => {
  const { ask, begin, open } = await serve({ maxUploads: 2 });
  const patched = await open("PATCH", await begin(), blob, 100);
  const put = await open("PUT", `${await begin()}?digest=${blob.digest}`, blob, 100);
  expectBusy(await ask("POST", "/v2/a/blobs/uploads/"));
  expectBusy(await ask("POST", `/v2/a/blobs/uploads/?digest=${blob.digest}`, blob.bytes));
  put.request.end(blob.bytes.subarray(100));
  expect([await put.status, (await ask("POST", "/v2/a/blobs/uploads/")).status]).toEqual([201, 202]);
  patched.request.end(blob.bytes.subarray(100));
  expect(await patched.status).toBe(202);
});

test("unfinished uploads share a room: for more, the one that was silent for longest goes", async () => {
  const { ask, begin, leftovers } = await serve({ maxUploadBytes: 1000 });
  const [first, second] = [await begin(), await begin()];
  expect((await ask("PATCH", first, blob.bytes)).status).toBe(202);
  expect((await ask("PATCH", second, blob.bytes)).status).toBe(202);
  expect((await ask("GET", first)).status).toBe(404);
  expect(await leftovers()).toHaveLength(1);
  expect((await ask("PUT", `${second}?digest=${blob.digest}`)).status).toBe(201);
});

test.each<readonly [string, string, string, number]>([
  ["that goes to a file", "PATCH", "", 202],
  ["that goes to its place", "PUT", `?digest=${blob.digest}`, 201],
])("what an upload at work %s has sent leaves so much less to others", async (_name, method, query, done) => {
  const { ask, begin, open } = await serve({ maxUploadBytes: 1000 });
  const { request, status } = await open(method, (await begin()) + query, blob, 500);
  const other = blobOf(noise(501));
  const location = await begin();
  expectBusy(await ask("PATCH", location, other.bytes));
  expectBusy(await ask("POST", `/v2/a/blobs/uploads/?digest=${other.digest}`, other.bytes));
  request.end(blob.bytes.subarray(500));
  expect(await status).toBe(done);
  // What was refused can be sent again.
  expect((await ask("PUT", `${location}?digest=${other.digest}`, other.bytes)).status).toBe(201);
});

test("room is given back, however an upload ends", async () => {
  const { ask, begin, open, leftovers } = await serve({ maxUploadBytes: 1000, maxBlobBytes: 900 });
  for (let times = 0; times < 3; times += 1) {
    // Only what is at work takes room that others cannot have.
    const location = await begin();
    const given = await open("PATCH", location, blob, 500);
    expect((await ask("DELETE", location)).status).toBe(204);
    given.request.end(blob.bytes.subarray(500));
    expect(await given.status).toBe(404);
    const left = await open("PUT", `${await begin()}?digest=${blob.digest}`, blob, 500);
    left.request.destroy();
    const wrong = await begin();
    await ask("PATCH", wrong, blob.bytes);
    expect((await ask("PUT", `${wrong}?digest=${blobOf("x").digest}`)).status).toBe(400);
    const large = await begin();
    await ask("PATCH", large, blob.bytes);
    expect((await ask("PATCH", large, blob.bytes)).status).toBe(413);
    expect((await ask("PUT", `${await begin()}?digest=${blob.digest}`, blob.bytes.subarray(1))).status).toBe(
      400,
    );
  }
  await expect.poll(leftovers).toEqual([]);
  const all = blobOf(noise(900));
  const { request, status } = await open("PATCH", await begin(), all, 899);
  request.end(all.bytes.subarray(899));
  expect(await status).toBe(202);
});
