import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import path from "node:path";
import { createAuthenticator } from "@blob/auth";
import type { TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, hasProgram, startDockerRegistry, startTestRegistry } from "@blob/testing";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { sha256Digest } from "../digest.js";
import type { HttpRegistryOptions } from "../http-registry.js";
import { createHttpRegistry } from "../http-registry.js";
import type { Registry } from "../registry.js";
import { blobOf, chunksOf, collect, noise } from "../testing/bytes.js";
import { emptyConfig, mediaType } from "../testing/tested-registry.js";
import type { HttpMirrorOptions } from "./http-mirror.js";
import { createHttpMirror } from "./http-mirror.js";
import type { SkippedMirror } from "./mirror.js";
import { withMirrors } from "./with-mirrors.js";

const repository = "acme/site";
const blob = blobOf("content of the blob, which is long enough to be cut");
const config = {
  mediaType: "application/vnd.oci.empty.v1+json",
  digest: emptyConfig.digest,
  size: emptyConfig.size,
};

function manifestWith(annotation: string): Buffer {
  const text = { schemaVersion: 2, mediaType, config, layers: [], annotations: { annotation } };
  return Buffer.from(JSON.stringify(text));
}

const manifest = manifestWith("right");
const digest = sha256Digest(manifest);

let origin: TestRegistry;

beforeEach(async () => {
  origin = await startTestRegistry();
  await fill(origin.registry);
  return () => origin.close();
});

async function fill(registry: Registry, bytes: Buffer = manifest): Promise<void> {
  await registry.pushBlob(repository, emptyConfig, () => chunksOf(emptyConfig.bytes));
  await registry.pushBlob(repository, blob, () => chunksOf(blob.bytes));
  await registry.pushManifest(repository, { mediaType, bytes }, { tag: "v1" });
}

interface Mirrored {
  readonly registry: ReturnType<typeof withMirrors>;
  readonly skipped: SkippedMirror[];
}

const timeouts = {
  connectMs: 500,
  stallMs: 250,
  headersMs: 250,
  leastBytesPerSecond: 5000,
  rateWindowMs: 200,
};

/** The origin behind mirrors; both are reached with the credentials that are given. */
function mirrored(
  mirrors: readonly (string | HttpMirrorOptions)[],
  http: HttpRegistryOptions = {},
): Mirrored {
  const skipped: SkippedMirror[] = [];
  const real = createHttpRegistry(origin.host, { ...http, plainHttp: true, retry: { retries: 0 } });
  onTestFinished(() => real.close());
  const made = mirrors.map((one) => {
    const options = typeof one === "string" ? { host: one, plainHttp: true } : one;
    const mirror = createHttpMirror(options, { ...http, timeouts });
    onTestFinished(() => mirror.close());
    return mirror;
  });
  return { registry: withMirrors(real, made, { onSkipped: (one) => skipped.push(one) }), skipped };
}

async function readAll({ registry }: Mirrored): Promise<void> {
  const found = await registry.manifest(repository, digest);
  expect(Buffer.from(found.bytes)).toEqual(manifest);
  expect(await collect(registry.readBlob(repository, blob))).toEqual(Buffer.from(blob.bytes));
  const range = { offset: 3, length: 20 };
  const part = await collect(registry.readBlob(repository, blob, { range }));
  expect(part).toEqual(Buffer.from(blob.bytes.subarray(3, 23)));
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

/** A mirror that answers everything in one way, and counts. */
async function answering(answer: Answer): Promise<{ readonly host: string; readonly paths: string[] }> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? "");
    answer(request, response);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: await listen(server), paths };
}

const ended =
  (status: number, headers: Readonly<Record<string, string>> = {}, body = ""): Answer =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body);

describe("a mirror that serves", () => {
  test("is the only one that is asked for manifests and blobs by digest", async () => {
    const mirror = await startTestRegistry();
    onTestFinished(() => mirror.close());
    await fill(mirror.registry);
    const subject = mirrored([mirror.host]);
    await readAll(subject);
    expect(origin.requests).toEqual([]);
    expect(mirror.requests.map(({ method }) => method)).toEqual(["GET", "GET", "GET"]);
    expect(subject.skipped).toEqual([]);
  });

  test.skipIf(!hasProgram("docker-registry"))("may be docker's registry, and the second one", async () => {
    const docker = await startDockerRegistry();
    onTestFinished(() => docker.close());
    const into = createHttpRegistry(docker.host, { plainHttp: true });
    onTestFinished(() => into.close());
    await fill(into);
    const empty = await startTestRegistry();
    onTestFinished(() => empty.close());
    const subject = mirrored([empty.host, docker.host]);
    await readAll(subject);
    expect(origin.requests).toEqual([]);
    expect(subject.skipped.map(({ mirror, code }) => [mirror, code])).toEqual([
      [empty.host, "NotFound"],
      [empty.host, "NotFound"],
    ]);
  });

  test("is not asked where tags point, unless it is said that it may", async () => {
    const mirror = await startTestRegistry();
    onTestFinished(() => mirror.close());
    await fill(mirror.registry, manifestWith("old"));
    const { registry } = mirrored([mirror.host]);
    expect((await registry.manifest(repository, "v1")).descriptor.digest).toBe(digest);
    expect((await registry.resolve(repository, "v1")).digest).toBe(digest);
    expect(mirror.requests).toEqual([]);
    const trusting = mirrored([{ host: mirror.host, plainHttp: true, tags: true }]).registry;
    const old = sha256Digest(manifestWith("old"));
    expect((await trusting.manifest(repository, "v1")).descriptor.digest).toBe(old);
    expect((await trusting.resolve(repository, "v1")).digest).toBe(old);
  });

  test("gets no write, no list, and no question about what is there", async () => {
    const mirror = await answering(ended(200));
    const { registry } = mirrored([{ host: mirror.host, plainHttp: true, tags: true }]);
    const other = blobOf("another one");
    await registry.pushBlob(repository, other, () => chunksOf(other.bytes));
    await registry.pushManifest(repository, { mediaType, bytes: manifest }, { tag: "v2" });
    expect(await registry.statBlob(repository, blob.digest)).toBe(blob.size);
    for await (const tag of registry.tags(repository)) expect(tag).toMatch(/^v/u);
    for await (const one of registry.referrers(repository, digest)) expect(one).toBeUndefined();
    await registry.deleteManifest(repository, "v2");
    expect(mirror.paths).toEqual([]);
  });

  test("has its own names, and is told which registry is meant", async () => {
    const mirror = await answering(ended(404));
    const subject = mirrored([
      { host: mirror.host, plainHttp: true, prefix: "hub/cache", namespace: "docker.io" },
    ]);
    await readAll(subject);
    expect(mirror.paths).toEqual([
      `/v2/hub/cache/${repository}/manifests/${digest}?ns=docker.io`,
      `/v2/hub/cache/${repository}/blobs/${blob.digest}?ns=docker.io`,
    ]);
  });

  test("never gets the credentials of the registry, and the registry none of the mirror", async () => {
    const secrets = new Map<string, string>();
    const authenticator = createAuthenticator({
      credentials: async ({ host }) => {
        const password = secrets.get(host);
        return password === undefined
          ? undefined
          : { credential: { kind: "basic", username: "ada", password }, source: "test" };
      },
    });
    const seen: (string | undefined)[] = [];
    const mirror = await answering((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401, { "www-authenticate": "Basic realm=mirror" }).end();
    });
    secrets.set(origin.host, "of the origin");
    await readAll(mirrored([mirror.host], { authenticator }));
    expect(seen).toEqual([undefined, undefined]);
    secrets.set(mirror.host, "of the mirror");
    await readAll(mirrored([mirror.host], { authenticator }));
    const sent = seen.filter((one) => one !== undefined).map((one) => Buffer.from(one.slice(6), "base64"));
    expect(new Set(sent.map(String))).toEqual(new Set(["ada:of the mirror"]));
    expect(origin.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  });
});

describe("a mirror that fails is passed by", () => {
  const lying = noise(blob.size);
  const wrongBytes: Answer = (request, response) => {
    if (request.url?.includes("/manifests/") === true) {
      response.writeHead(200, { "content-type": mediaType, "docker-content-digest": digest });
      response.end(manifestWith("wrong"));
    } else response.writeHead(200, { "content-length": lying.length }).end(lying);
  };

  test.each<readonly [string, string, Answer]>([
    ["404", "NotFound", ended(404)],
    ["500", "Unavailable", ended(500)],
    ["429", "RateLimited", ended(429, { "retry-after": "3600" })],
    ["401", "Unauthorized", ended(401, { "www-authenticate": "Basic realm=x" })],
    ["403", "Forbidden", ended(403)],
    ["a page", "InvalidResponse", ended(200, { "content-type": "text/html" }, "<p>log in</p>")],
    ["silence", "TimedOut", () => {}],
    ["a broken connection", "Network", (request) => request.socket.destroy()],
    ["wrong bytes", "DigestMismatch", wrongBytes],
    [
      "a wrong digest header",
      "DigestMismatch",
      (_request, response) =>
        void response
          .writeHead(200, { "content-type": mediaType, "docker-content-digest": `sha256:${"0".repeat(64)}` })
          .end(manifestWith("wrong")),
    ],
    [
      "a body that breaks off",
      "Network",
      (_request, response) => {
        response.writeHead(200, { "content-type": mediaType, "content-length": String(blob.size) });
        response.write("cont", () => response.destroy());
      },
    ],
    ["a redirect elsewhere", "Network", ended(307, { location: "http://127.0.0.1:1/x" })],
    ["a redirect to something that is no place", "UnsafeRedirect", ended(307, { location: "ftp://x/" })],
    [
      "a drip",
      "TimedOut",
      (_request, response) => {
        response.writeHead(200, { "content-type": mediaType, "content-length": "100000" });
        const timer = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(timer));
      },
    ],
  ])("%s: %s", async (_name, code, answer) => {
    const mirror = await answering(answer);
    const subject = mirrored([mirror.host]);
    await readAll(subject);
    expect(subject.skipped[0]).toMatchObject({ mirror: mirror.host, code });
    expect(origin.requests.length).toBe(3);
  });

  test("a port where nobody listens", async () => {
    const subject = mirrored(["127.0.0.1:1"]);
    await readAll(subject);
    expect(subject.skipped.map(({ code }) => code)).toEqual(["Network"]);
  });

  test("a host that no look-up finds", async () => {
    const subject = mirrored([{ host: "mirror.invalid" }]);
    await readAll(subject);
    expect(subject.skipped.map(({ code }) => code)).toEqual(["Network"]);
  });

  test.skipIf(!hasProgram("openssl"))("a certificate that nobody vouches for", async () => {
    const directory = await createTemporaryDirectory();
    onTestFinished(() => directory.remove());
    const [key, cert] = [path.join(directory.path, "key.pem"), path.join(directory.path, "cert.pem")];
    const request = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1`;
    execFileSync("openssl", [...request.split(" "), "-keyout", key, "-out", cert], { stdio: "ignore" });
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, ended(200));
    onTestFinished(() => void server.close());
    const host = await listen(server);
    const subject = mirrored([{ host }]);
    await readAll(subject);
    expect(subject.skipped.map(({ code, mirror }) => [code, mirror])).toEqual([["Network", host]]);
  });

  test("speaks something else than TLS", async () => {
    const mirror = await answering(ended(200));
    const subject = mirrored([{ host: mirror.host, plainHttp: false }]);
    await readAll(subject);
    expect(subject.skipped.map(({ code }) => code)).toEqual(["Network"]);
  });
});

describe("what a mirror did is remembered", () => {
  const range = { offset: 0, length: 10 };

  test("many ranges ask a broken one once", async () => {
    const mirror = await answering(ended(503));
    const { registry } = mirrored([mirror.host]);
    for (let count = 0; count < 200; count += 1)
      await collect(registry.readBlob(repository, blob, { range }));
    expect(mirror.paths).toHaveLength(1);
  });

  test("one that lacks a blob is asked once for it, and for other things", async () => {
    const mirror = await answering(ended(404));
    const { registry } = mirrored([mirror.host]);
    for (let count = 0; count < 50; count += 1) await collect(registry.readBlob(repository, blob, { range }));
    await registry.manifest(repository, digest);
    expect(mirror.paths).toHaveLength(2);
  });

  test("a broken one is tried again after a while, one that lied never", async () => {
    let now = 0;
    let answer = ended(503);
    const server = await answering((...both) => answer(...both));
    const mirror = createHttpMirror({ host: server.host, plainHttp: true });
    onTestFinished(() => mirror.close());
    const registry = withMirrors(origin.registry, [mirror], { now: () => now });
    const asked = async (): Promise<number> => {
      await registry.manifest(repository, digest);
      return server.paths.splice(0).filter((one) => one.endsWith(digest)).length;
    };
    expect([await asked(), await asked()]).toEqual([1, 0]);
    now += 31_000;
    answer = ended(200, { "content-type": mediaType }, "{}");
    expect([await asked(), await asked()]).toEqual([1, 0]);
    now += 1e12;
    expect(await asked()).toBe(0);
  });

  test("who finds that ranges were wrong can say so: the next read is right", async () => {
    const mirror = await startTestRegistry();
    onTestFinished(() => mirror.close());
    await fill(mirror.registry);
    mirror.damage(blob.digest);
    const subject = mirrored([mirror.host]);
    const { registry, skipped } = subject;
    const wrong = await collect(registry.readBlob(repository, blob, { range }));
    expect(wrong).not.toEqual(Buffer.from(blob.bytes.subarray(0, 10)));
    expect(registry.distrust(repository, blob.digest)).toBe(true);
    expect(registry.distrust(repository, blob.digest)).toBe(false);
    expect(skipped.at(-1)).toMatchObject({ mirror: mirror.host, code: "DigestMismatch", restMs: Infinity });
    await readAll(subject);
  });

  test("a large blob of wrong bytes is an error that names the mirror, and right the next time", async () => {
    const large = blobOf(Buffer.alloc(17 * 1024 * 1024, 7));
    await origin.registry.pushBlob(repository, large, () => chunksOf(large.bytes));
    const mirror = await answering((_request, response) => {
      response.writeHead(200, { "content-length": String(large.size) });
      response.end(Buffer.alloc(large.size));
    });
    const { registry } = mirrored([mirror.host]);
    const read = async (): Promise<Buffer> => collect(registry.readBlob(repository, large));
    await expect(read()).rejects.toMatchObject({
      code: "DigestMismatch",
      message: expect.stringContaining(`the mirror ${mirror.host} sent wrong bytes`) as string,
    });
    expect((await read()).equals(large.bytes)).toBe(true);
  });

  test("where a mirror breaks off, the registry goes on", async () => {
    const mirror = await answering((request, response) => {
      const size = blob.size;
      response.writeHead(206, { "content-range": `bytes 3-22/${String(size)}`, "content-length": "20" });
      response.write(blob.bytes.subarray(3, 10), () => setTimeout(() => request.socket.destroy(), 20));
    });
    const { registry } = mirrored([mirror.host]);
    const part = await collect(registry.readBlob(repository, blob, { range: { offset: 3, length: 20 } }));
    expect(part).toEqual(Buffer.from(blob.bytes.subarray(3, 23)));
    expect(origin.requests.map(({ headers }) => headers.range)).toEqual(["bytes=10-22"]);
  });
});

test("an abort ends the read, and asks nobody else", async () => {
  const mirror = await answering(() => {});
  const { registry } = mirrored([mirror.host]);
  const stop = new AbortController();
  const reading = registry.manifest(repository, digest, { signal: stop.signal });
  setTimeout(() => stop.abort(new Error("enough")), 50);
  await expect(reading).rejects.toThrow("enough");
  expect(origin.requests).toEqual([]);
});

test("when nobody has it, the error is the registry's", async () => {
  const mirror = await answering(ended(500));
  const { registry } = mirrored([mirror.host]);
  const missing = sha256Digest(Buffer.from("missing"));
  await expect(registry.manifest(repository, missing)).rejects.toMatchObject({
    code: "NotFound",
    host: origin.host,
  });
});
