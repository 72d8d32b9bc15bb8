import { once } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { request as httpRequest } from "node:http";
import { createConnection } from "node:net";
import { networkInterfaces } from "node:os";
import { buffer } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { createMemoryRegistry } from "../memory-registry.js";
import type { Registry } from "../registry.js";
import { blobOf, chunksOf } from "../testing/bytes.js";
import { manifestOf, manifestType } from "../testing/layout-fixture.js";
import type { ListeningServer, RegistryServerOptions } from "./registry-server.js";
import { createRegistryServer } from "./registry-server.js";

type Headers = Readonly<Record<string, string>>;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Served {
  readonly registry: Registry;
  readonly server: ListeningServer;
  readonly port: number;
  /** With headers that `fetch` would not let a program set. */
  readonly ask: (
    method: string,
    path: string,
    headers?: Headers,
    body?: Uint8Array | string,
  ) => Promise<Answer>;
}

async function serve(options: RegistryServerOptions = {}, listen = "127.0.0.1"): Promise<Served> {
  const registry = createMemoryRegistry();
  const server = await createRegistryServer(registry, options).listen({ host: listen });
  onTestFinished(() => server.close());
  const port = Number(new URL(server.url).port);
  const hostname = listen === "0.0.0.0" || listen === "::" ? "127.0.0.1" : listen;
  const ask: Served["ask"] = async (method, path, headers = {}, body = "") => {
    // Keeping connections open would make `listen` of another test wait for nothing.
    const sent = { connection: "close", "content-length": String(Buffer.byteLength(body)), ...headers };
    const request = httpRequest({ hostname, port, method, path, headers: sent });
    request.end(body);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const text = (await buffer(response)).toString();
    return { status: response.statusCode ?? 0, headers: response.headers, text };
  };
  return { registry, server, port, ask };
}

async function fill(registry: Registry): Promise<void> {
  const config = blobOf("{}");
  await registry.pushBlob("acme/site", config, () => chunksOf(config.bytes));
  await registry.pushManifest(
    "acme/site",
    { mediaType: manifestType, bytes: manifestOf().bytes },
    { tag: "v1" },
  );
}

const blob = blobOf("junk");
const manifest = manifestOf({ annotations: { of: "a page" } });

/** Everything that changes the registry, and what tells of it. */
const requests: readonly (readonly [method: string, path: string, headers?: Headers, body?: Uint8Array])[] = [
  ["GET", "/v2/"],
  ["GET", "/v2/acme/site/tags/list"],
  ["GET", "/v2/acme/site/manifests/v1"],
  ["HEAD", "/v2/acme/site/manifests/v1"],
  ["GET", `/v2/acme/site/blobs/${blobOf("{}").digest}`],
  ["GET", `/v2/acme/site/referrers/${blob.digest}`],
  ["GET", "/nothing"],
  ["POST", "/v2/acme/site/blobs/uploads/"],
  [
    "POST",
    `/v2/acme/site/blobs/uploads/?digest=${blob.digest}`,
    { "content-type": "text/plain" },
    blob.bytes,
  ],
  ["PUT", "/v2/acme/site/manifests/v1", { "content-type": manifestType }, manifest.bytes],
  ["DELETE", "/v2/acme/site/manifests/v1"],
  ["DELETE", `/v2/acme/site/blobs/${blobOf("{}").digest}`],
  ["OPTIONS", "/v2/acme/site/manifests/v1"],
];

async function expectRefused({ ask, registry }: Served, marks: Headers, status: number): Promise<void> {
  await fill(registry);
  for (const [method, path, headers = {}, body] of requests) {
    const answer = await ask(method, path, { ...headers, ...marks }, body);
    expect([method, path, answer.status]).toEqual([method, path, status]);
    if (method !== "HEAD") {
      expect(JSON.parse(answer.text)).toEqual({
        errors: [{ code: status === 421 ? "UNSUPPORTED" : "DENIED", message: expect.any(String) as string }],
      });
    }
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  }
  expect((await registry.resolve("acme/site", "v1")).digest).toBe(manifestOf().digest);
  expect(await registry.statBlob("acme/site", blobOf("{}").digest)).toBe(2);
  expect(await registry.statBlob("acme/site", blob.digest)).toBeUndefined();
}

describe("a request to another host (DNS rebinding) does and tells nothing", () => {
  test.each([
    "evil.example",
    "evil.example:80",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evillocalhost",
    "10.1.2.3",
    "[2001:db8::1]",
    "127.0.0.1@evil.example",
    "evil.example/127.0.0.1",
    "127.0.0.1:80:80",
  ])("Host: %s", async (host) => {
    const served = await serve();
    const marks = {
      host: host.replace(":80", `:${String(served.port)}`),
      origin: `http://${host}`,
      "sec-fetch-site": "same-origin",
    };
    await expectRefused(served, marks, 421);
  });

  test.each([
    ["two hosts", "GET /v2/ HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n"],
    ["no host", "GET /v2/ HTTP/1.0\r\n\r\n"],
    ["an empty one", "GET /v2/ HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n"],
  ])("%s", async (_name, head) => {
    const { port } = await serve();
    const socket = createConnection(port, "127.0.0.1");
    socket.write(head);
    expect((await buffer(socket)).toString()).toMatch(/^HTTP\/1\.1 421 /u);
  });
});

describe("a request of a page of another site does and tells nothing", () => {
  test.each<readonly [string, Headers]>([
    ["cross-site", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }],
    ["with its origin", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }],
    ["another port of this machine", { "sec-fetch-site": "same-site", origin: "http://127.0.0.1:1" }],
    ["a link to here", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }],
    ["a mark that is new", { "sec-fetch-site": "other" }],
    // Browsers that know no Fetch Metadata, or leave it out.
    ["only the origin", { origin: "https://evil.example" }],
    ["only the origin of another port", { origin: "http://127.0.0.1:1" }],
    ["a page in a sandbox", { origin: "null" }],
    ["an origin that is none", { origin: "http://127.0.0.1@evil.example" }],
    ["an origin of another scheme", { origin: "file://127.0.0.1" }],
  ])("%s", async (_name, marks) => {
    const served = await serve();
    await expectRefused(served, marks, 403);
  });
});

describe("is answered", () => {
  test.each([
    "localhost",
    "LOCALHOST:1234",
    "localhost.",
    "127.0.0.1",
    "127.1.2.3:80",
    "[::1]:5000",
    "a.localhost",
  ])("Host: %s", async (host) => {
    const { ask } = await serve();
    expect((await ask("GET", "/v2/", { host })).status).toBe(200);
  });

  test("a page of the server itself, and whoever types the address", async () => {
    const { ask, port } = await serve();
    const host = `localhost:${String(port)}`;
    for (const marks of [
      { "sec-fetch-site": "same-origin", origin: `http://${host}` },
      { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" },
    ]) {
      expect((await ask("GET", "/v2/", { host, ...marks })).status).toBe(200);
    }
  });

  test("what is allowed by name, and by a proxy's https", async () => {
    const { ask } = await serve({ allowedHosts: ["Registry.Example", "192.0.2.7", "2001:db8::7"] });
    for (const host of ["registry.example", "REGISTRY.example:443", "192.0.2.7:5000", "[2001:DB8:0::7]:80"]) {
      expect((await ask("GET", "/v2/", { host })).status).toBe(200);
    }
    const proxied = { host: "registry.example", origin: "https://registry.example" };
    expect((await ask("GET", "/v2/", proxied)).status).toBe(200);
    expect((await ask("GET", "/v2/", { host: "other.example" })).status).toBe(421);
    expect((await ask("GET", "/v2/", { host: "a.registry.example" })).status).toBe(421);
  });

  test("the address that a connection arrives at, where the server listens everywhere", async () => {
    const own = Object.values(networkInterfaces())
      .flat()
      .find((one) => one !== undefined && !one.internal && one.family === "IPv4")?.address;
    const { ask, port } = await serve({}, "0.0.0.0");
    expect((await ask("GET", "/v2/", { host: "evil.example" })).status).toBe(421);
    expect((await ask("GET", "/v2/", { host: "0.0.0.0:5000" })).status).toBe(200);
    if (own === undefined) {
      console.info("This machine has the loopback interface only: the rest of the test is left out");
      return;
    }
    // Not the address that this one arrives at.
    expect((await ask("GET", "/v2/", { host: own })).status).toBe(421);
    const there = `http://${own}:${String(port)}/v2/`;
    expect((await fetch(there)).status).toBe(200);
  });
});

test.each(["registry.example:5000", "http://registry.example", "*", "a b", "", "a/b"])(
  "an allowed host that is none (%s) is said, and no server starts",
  (allowed) => {
    expect(() => createRegistryServer(createMemoryRegistry(), { allowedHosts: [allowed] })).toThrow(
      expect.objectContaining({ code: "InvalidArgument" }) as Error,
    );
  },
);

test("every answer keeps browsers from running it, and from giving it to other sites", async () => {
  const { ask, registry } = await serve();
  await fill(registry);
  for (const [method, path, headers, body] of requests) {
    expect((await ask(method, path, headers, body)).headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "content-security-policy": expect.stringMatching(/^sandbox; default-src 'none'/u) as string,
      "cross-origin-resource-policy": "same-origin",
    });
  }
});

const scripted = (mediaType: string): string =>
  JSON.stringify({ schemaVersion: 2, mediaType, x: "<script>alert(document.domain)</script>" });

describe("a manifest is given out as nothing that a browser runs", () => {
  const types = [
    "text/html",
    "TEXT/HTML",
    "image/svg+xml",
    "application/xhtml+xml",
    "application/vnd.wap.xhtml+xml",
    "text/javascript",
    "application/json+xml",
    "text/html+json",
    "application/vnd.x",
    "x",
  ];

  test.each(types)("%s is not taken", async (type) => {
    const { ask } = await serve();
    const put = await ask("PUT", "/v2/a/manifests/v1", { "content-type": type }, scripted(type));
    expect([put.status, JSON.parse(put.text)]).toEqual([
      400,
      { errors: [{ code: "MANIFEST_INVALID", message: expect.any(String) as string }] },
    ]);
  });

  test.each([...types, "text/html\r\nx-evil: 1", ""])("%j that is there already is bytes", async (type) => {
    const { ask, registry } = await serve();
    const bytes = Buffer.from(scripted(type));
    const { digest } = await registry.pushManifest("a", { mediaType: type, bytes }, { tag: "v1" });
    for (const reference of ["v1", digest]) {
      for (const method of ["GET", "HEAD"]) {
        const { status, headers } = await ask(method, `/v2/a/manifests/${reference}`);
        expect([status, headers["content-type"]]).toEqual([200, "application/octet-stream"]);
      }
    }
  });

  test.each([
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.acme.x-y_z.v1+json",
    "application/json",
  ])("%s goes in and comes out", async (type) => {
    const { ask } = await serve();
    const sent = { "content-type": `${type}; charset=utf-8` };
    expect((await ask("PUT", "/v2/a/manifests/v1", sent, scripted(type))).status).toBe(201);
    const got = await ask("GET", "/v2/a/manifests/v1");
    expect([got.headers["content-type"], got.text]).toEqual([type, scripted(type)]);
  });
});
