import { once } from "node:events";
import { createConnection } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMemoryRegistry } from "../memory-registry.js";
import type { Registry } from "../registry.js";
import type { TestBlob } from "../testing/bytes.js";
import { blobOf, chunksOf, collect, noise } from "../testing/bytes.js";
import type { ListeningServer } from "./registry-server.js";
import { createRegistryServer } from "./registry-server.js";

const blob = blobOf(noise(300_000));
let memory: Registry;
let server: ListeningServer;

beforeEach(async () => {
  memory = createMemoryRegistry();
  server = await createRegistryServer(memory, { maxBlobBytes: 1_000_000, maxManifestBytes: 10_000 }).listen();
});
afterEach(() => server.close());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

async function ask(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(new URL(path, server.url), { method, ...init });
  const { status, headers } = response;
  return { status, headers, body: Buffer.from(await response.arrayBuffer()) };
}

function codeIn({ body }: Answer): string {
  return (JSON.parse(body.toString()) as { errors: [{ code: string }] }).errors[0].code;
}

async function begin(repository = "a"): Promise<string> {
  const { status, headers } = await ask("POST", `/v2/${repository}/blobs/uploads/`);
  expect(status).toBe(202);
  return headers.get("location") ?? "";
}

const put = (location: string, of: TestBlob, body: Uint8Array): Promise<Answer> =>
  ask("PUT", `${location}?digest=${of.digest}`, { body });

async function stored(of: TestBlob): Promise<Buffer> {
  return collect(memory.readBlob("a", of));
}

test("listens on this machine only, unless told otherwise", () => {
  expect(server.url).toBe(`http://${server.host}`);
  expect(new URL(server.url).hostname).toBe("127.0.0.1");
});

test("says that it is a registry", async () => {
  const { status, headers, body } = await ask("GET", "/v2/");
  expect([status, headers.get("docker-distribution-api-version"), body.toString()]).toEqual([
    200,
    "registry/2.0",
    "{}",
  ]);
});

describe("blobs", () => {
  beforeEach(async () => {
    await memory.pushBlob("a", blob, () => chunksOf(blob.bytes));
  });

  test.each([
    [undefined, 200, 0, 300_000],
    ["bytes=10-19", 206, 10, 20],
    ["bytes=-5", 206, 299_995, 300_000],
    ["bytes=299990-", 206, 299_990, 300_000],
    ["bytes=1-2,5-6", 200, 0, 300_000],
  ])("with the range %s", async (range, status, start, end) => {
    const answer = await ask(
      "GET",
      `/v2/a/blobs/${blob.digest}`,
      range === undefined ? {} : { headers: { range } },
    );
    expect(answer.status).toBe(status);
    expect(Buffer.compare(answer.body, blob.bytes.subarray(start, end))).toBe(0);
    expect(answer.headers.get("content-range")).toBe(
      status === 206 ? `bytes ${start}-${end - 1}/300000` : null,
    );
    expect(answer.headers.get("docker-content-digest")).toBe(blob.digest);
  });

  test("outside of them are 416", async () => {
    const answer = await ask("GET", `/v2/a/blobs/${blob.digest}`, { headers: { range: "bytes=300000-" } });
    expect([answer.status, answer.headers.get("content-range")]).toEqual([416, "bytes */300000"]);
  });

  test("HEAD has the size and no body", async () => {
    const { status, headers, body } = await ask("HEAD", `/v2/a/blobs/${blob.digest}`);
    expect([status, headers.get("content-length"), body.length]).toEqual([200, "300000", 0]);
  });

  test("that are not there are BLOB_UNKNOWN", async () => {
    const answer = await ask("GET", `/v2/a/blobs/${blobOf("x").digest}`);
    expect([answer.status, codeIn(answer)]).toEqual([404, "BLOB_UNKNOWN"]);
  });

  test("whose bytes turn out wrong break the connection: they must not look whole", async () => {
    const lying: Registry = {
      ...memory,
      async *readBlob() {
        yield blob.bytes.subarray(0, 1000);
        throw new Error("disk on fire");
      },
    };
    const other = await createRegistryServer(lying).listen();
    const reading = async (): Promise<ArrayBuffer> =>
      (await fetch(`${other.url}/v2/a/blobs/${blob.digest}`)).arrayBuffer();
    await expect(reading()).rejects.toThrow();
    await other.close();
  });
});

describe("uploads", () => {
  test("in one PUT", async () => {
    const answer = await put(await begin(), blob, blob.bytes);
    expect([answer.status, answer.headers.get("location")]).toEqual([201, `/v2/a/blobs/${blob.digest}`]);
    expect(Buffer.compare(await stored(blob), blob.bytes)).toBe(0);
  });

  test("in one POST", async () => {
    const { status } = await ask("POST", `/v2/a/blobs/uploads/?digest=${blob.digest}`, { body: blob.bytes });
    expect(status).toBe(201);
    expect(Buffer.compare(await stored(blob), blob.bytes)).toBe(0);
  });

  test("in pieces, the last one with the PUT", async () => {
    const location = await begin();
    const patch = (start: number, end: number): Promise<Answer> =>
      ask("PATCH", location, {
        body: blob.bytes.subarray(start, end),
        headers: { "content-range": `${start}-${end - 1}` },
      });
    expect((await patch(0, 100_000)).headers.get("range")).toBe("0-99999");
    const wrong = await patch(200_000, 210_000);
    expect([wrong.status, wrong.headers.get("range")]).toEqual([416, "0-99999"]);
    expect((await patch(100_000, 200_000)).status).toBe(202);
    const asked = await ask("GET", location);
    expect([asked.status, asked.headers.get("range")]).toEqual([204, "0-199999"]);
    expect((await put(location, blob, blob.bytes.subarray(200_000))).status).toBe(201);
    expect(Buffer.compare(await stored(blob), blob.bytes)).toBe(0);
    expect(codeIn(await ask("GET", location))).toBe("BLOB_UPLOAD_UNKNOWN");
  });

  test("of an unknown length", async () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new Uint8Array(blob.bytes));
        controller.close();
      },
    });
    const init: RequestInit & { readonly duplex: "half" } = { body, duplex: "half" };
    const { status } = await ask("PUT", `${await begin()}?digest=${blob.digest}`, init);
    expect(status).toBe(201);
  });

  test("can be given up", async () => {
    const location = await begin();
    expect((await ask("DELETE", location)).status).toBe(204);
    expect((await ask("GET", location)).status).toBe(404);
  });

  test("belong to their repository", async () => {
    const location = await begin();
    expect((await ask("GET", location.replace("/a/", "/b/"))).status).toBe(404);
  });

  test("with wrong bytes are DIGEST_INVALID and store nothing", async () => {
    const answer = await put(await begin(), blob, blob.bytes.subarray(1));
    expect([answer.status, codeIn(answer)]).toEqual([400, "DIGEST_INVALID"]);
    expect(await memory.statBlob("a", blob.digest)).toBeUndefined();
  });

  test("that are too large are 413, announced or not", async () => {
    const large = blobOf(noise(1_000_001));
    expect((await put(await begin(), large, large.bytes)).status).toBe(413);
    expect((await ask("PATCH", await begin(), { body: large.bytes })).status).toBe(413);
  });

  test("of a client that goes away in the middle store nothing and hurt nobody", async () => {
    const location = await begin();
    const { hostname, port } = new URL(server.url);
    const socket = createConnection(Number(port), hostname);
    await once(socket, "connect");
    socket.write(
      `PUT ${location}?digest=${blob.digest} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${blob.size}\r\n\r\nhello`,
    );
    socket.destroy();
    await once(socket, "close");
    expect((await ask("GET", "/v2/")).status).toBe(200);
    expect(await memory.statBlob("a", blob.digest)).toBeUndefined();
  });
});

describe("manifests", () => {
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = blobOf(JSON.stringify({ schemaVersion: 2, mediaType, layers: [] }));
  const send = (reference: string, body: Uint8Array, type = mediaType): Promise<Answer> =>
    ask("PUT", `/v2/a/manifests/${reference}`, { body, headers: { "content-type": type } });

  test("go in and come out", async () => {
    const { status, headers } = await send("v1", manifest.bytes);
    expect([status, headers.get("docker-content-digest")]).toEqual([201, manifest.digest]);
    const got = await ask("GET", "/v2/a/manifests/v1");
    expect([got.body.toString(), got.headers.get("content-type")]).toEqual([
      manifest.bytes.toString(),
      mediaType,
    ]);
    expect((await ask("DELETE", `/v2/a/manifests/${manifest.digest}`)).status).toBe(202);
    expect(codeIn(await ask("GET", "/v2/a/manifests/v1"))).toBe("MANIFEST_UNKNOWN");
  });

  test.each([
    ["another digest", () => send(blobOf("x").digest, manifest.bytes), 400, "DIGEST_INVALID"],
    ["another type", () => send("v1", manifest.bytes, "application/json"), 400, "MANIFEST_INVALID"],
    ["no JSON", () => send("v1", Buffer.from("x")), 400, "MANIFEST_INVALID"],
    ["too many bytes", () => send("v1", Buffer.alloc(10_001, " ")), 413, "SIZE_INVALID"],
    ["a bad tag", () => send("-v1", manifest.bytes), 404, "MANIFEST_UNKNOWN"],
  ])("with %s are refused", async (_name, sending, status, code) => {
    const answer = await sending();
    expect([answer.status, codeIn(answer)]).toEqual([status, code]);
  });

  test("with a subject are confirmed, and listed as an index", async () => {
    const subject = { mediaType, digest: manifest.digest, size: manifest.size };
    const signature = blobOf(
      JSON.stringify({ schemaVersion: 2, mediaType, layers: [], subject, artifactType: "a/b" }),
    );
    const { headers } = await send(signature.digest, signature.bytes);
    expect(headers.get("oci-subject")).toBe(manifest.digest);
    const listed = await ask("GET", `/v2/a/referrers/${manifest.digest}?artifactType=a/b`);
    expect(listed.headers.get("content-type")).toBe("application/vnd.oci.image.index.v1+json");
    expect(listed.headers.get("oci-filters-applied")).toBe("artifactType");
    expect(JSON.parse(listed.body.toString())).toMatchObject({
      manifests: [{ digest: signature.digest, artifactType: "a/b" }],
    });
  });

  test("are listed in pages of tags", async () => {
    for (const tag of ["c", "a", "b"]) await send(tag, manifest.bytes);
    const first = await ask("GET", "/v2/a/tags/list?n=2");
    expect(JSON.parse(first.body.toString())).toEqual({ name: "a", tags: ["a", "b"] });
    expect(first.headers.get("link")).toBe('</v2/a/tags/list?n=2&last=b>; rel="next"');
    const second = await ask("GET", "/v2/a/tags/list?n=2&last=b");
    expect([JSON.parse(second.body.toString()), second.headers.get("link")]).toEqual([
      { name: "a", tags: ["c"] },
      null,
    ]);
    expect(JSON.parse((await ask("GET", "/v2/a/tags/list?n=0")).body.toString())).toEqual({
      name: "a",
      tags: [],
    });
    expect(codeIn(await ask("GET", "/v2/b/tags/list"))).toBe("NAME_UNKNOWN");
  });
});

test.each([
  ["POST", "/v2/a/manifests/v1"],
  ["PUT", `/v2/a/blobs/${blob.digest}`],
  ["GET", "/v2/a/blobs/uploads/"],
  ["POST", "/v2/a/tags/list"],
])("%s %s is not possible", async (method, path) => {
  const answer = await ask(method, path);
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, expect.any(String)]);
});

test("trouble of its own is not explained to strangers", async () => {
  const broken: Registry = { ...memory, resolve: () => Promise.reject(new Error("/secret/path is on fire")) };
  const other = await createRegistryServer({
    ...broken,
    manifest: () => broken.resolve("", "") as never,
  }).listen();
  const response = await fetch(`${other.url}/v2/a/manifests/v1`);
  const body = await response.text();
  expect([response.status, body.includes("secret")]).toEqual([500, false]);
  await other.close();
});
