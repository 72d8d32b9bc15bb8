import { createMemoryRegistry } from "../memory-registry.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { copyArtifact } from "../copy/copy.js";
import type { HttpRegistry } from "../http-registry.js";
import { createHttpRegistry } from "../http-registry.js";
import { blobOf, chunksOf } from "../testing/bytes.js";
import { fakeClock } from "../testing/fake-http.js";
import type { NoRegistry } from "../testing/page.js";
import { always, startNoRegistry } from "../testing/page.js";

const repository = "acme/site";
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const emptyType = "application/vnd.oci.empty.v1+json";
const blob = blobOf("{}");
const config = { mediaType: emptyType, digest: blob.digest, size: blob.size };
const manifest = blobOf(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [] }));
const subject = { mediaType, digest: manifest.digest, size: manifest.size };
const signature = blobOf(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [], subject }));
const page = "<!doctype html>\n<title>Sign\u001b[31m in &amp; go on</title><script>var x = '<b>';</script>";

type Call = (registry: HttpRegistry) => Promise<unknown>;

async function listed(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function copyTo(registry: HttpRegistry): Promise<unknown> {
  const source = createMemoryRegistry();
  await source.pushBlob(repository, blob, () => chunksOf(blob.bytes));
  await source.pushManifest(repository, { mediaType, bytes: manifest.bytes }, { tag: "v1" });
  return copyArtifact({ registry: source, repository, reference: "v1" }, { registry, repository });
}

const calls: Readonly<Record<string, Call>> = {
  "push a blob": (registry) => registry.pushBlob(repository, blob, () => chunksOf(blob.bytes)),
  "mount a blob": (registry) =>
    registry.pushBlob(repository, blob, () => chunksOf(blob.bytes), { mountFrom: "acme/base" }),
  "push a manifest": (registry) => registry.pushManifest(repository, { mediaType, bytes: manifest.bytes }),
  "tag a manifest": (registry) =>
    registry.pushManifest(repository, { mediaType, bytes: manifest.bytes }, { tag: "v1" }),
  "attach a manifest": (registry) => registry.pushManifest(repository, { mediaType, bytes: signature.bytes }),
  copy: copyTo,
  "delete a tag": (registry) => registry.deleteManifest(repository, "v1"),
  "delete a manifest": (registry) => registry.deleteManifest(repository, manifest.digest),
  "delete a blob": (registry) => registry.deleteBlob(repository, blob.digest),
  "resolve a tag": (registry) => registry.resolve(repository, "v1"),
  "resolve a digest": (registry) => registry.resolve(repository, manifest.digest),
  "read a manifest by tag": (registry) => registry.manifest(repository, "v1"),
  "read a manifest by digest": (registry) => registry.manifest(repository, manifest.digest),
  "list tags": (registry) => listed(registry.tags(repository)),
  "probe an upload": (registry) => registry.probeUpload(repository),
};

function open({ host }: NoRegistry): HttpRegistry {
  const registry = createHttpRegistry(host, { plainHttp: true, retry: { clock: fakeClock() } });
  onTestFinished(() => registry.close());
  return registry;
}

async function failureOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    (value) => `it said ${JSON.stringify(value)}`,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: "RegistryError" });
  return String(error);
}

describe("a page that answers everything with 200 is no registry", () => {
  test.each(Object.entries(calls))("%s", async (_name, call) => {
    const server = await startNoRegistry(always(200, "text/html; charset=utf-8", page));
    const failure = await failureOf(call(open(server)));
    expect(failure).toContain('HTTP 200, text/html, "Sign [31m in & go on"');
    expect(failure).toContain(server.host);
  });

  test("log in", async () => {
    const server = await startNoRegistry(always(200, "text/html", page));
    expect(await failureOf(open(server).checkAccess())).toContain("text/html");
  });

  test("list referrers", async () => {
    const server = await startNoRegistry(always(200, "text/html", page));
    await expect(listed(open(server).referrers(repository, manifest.digest))).rejects.toMatchObject({
      code: "ReferrersUnsupported",
      cause: { message: expect.stringContaining("text/html") as string },
    });
  });

  test("has no blobs, however large the page is", async () => {
    const body = page.padEnd(200);
    const server = await startNoRegistry(always(200, "text/html", body));
    expect(await open(server).statBlob(repository, blob.digest)).toBeUndefined();
    const same = blobOf(noiseOf(200));
    await failureOf(open(server).pushBlob(repository, same, () => chunksOf(same.bytes)));
  });
});

function noiseOf(length: number): string {
  return "x".repeat(length);
}

describe("a redirect to a sign-in page is no registry", () => {
  test.each(Object.entries(calls))("%s, on the same host", async (_name, call) => {
    const server = await startNoRegistry((request, response) => {
      if (request.url?.startsWith("/login") === true)
        return always(200, "text/html", page)(request, response);
      response.writeHead(302, { location: "/login?to=secret-place", "content-length": 0 }).end();
    });
    const failure = await failureOf(call(open(server)));
    expect(failure).toContain(`HTTP 200, text/html, from ${server.host}`);
    expect(failure).not.toContain("secret-place");
  });

  test.each(Object.entries(calls))("%s, on another host", async (_name, call) => {
    const portal = await startNoRegistry(always(200, "text/html", page));
    const server = await startNoRegistry((_request, response) => {
      response.writeHead(307, { location: `http://${portal.host}/login`, "content-length": 0 }).end();
    });
    const failure = await failureOf(call(open(server)));
    expect(failure).toContain(server.host);
    expect(failure).toContain(`HTTP 200, text/html, from ${portal.host}`);
  });

  test("whose page is plain text has no blobs", async () => {
    const portal = await startNoRegistry(always(200, "text/plain", "ok"));
    const server = await startNoRegistry((_request, response) => {
      response.writeHead(307, { location: `http://${portal.host}/`, "content-length": 0 }).end();
    });
    expect(await open(server).statBlob(repository, blob.digest)).toBeUndefined();
  });
});

/** Everything that a caller would take for done. What only reads is checked by digests. */
const changes = Object.entries(calls).filter(([name]) => !/^(?:probe|read|resolve|list)/u.test(name));

describe.each([
  ["200 and JSON", always(200, "application/json", '{"ok":true,"to":"you"}')],
  ["200 and text", always(200, "text/plain", "all is well here")],
  ["200 and nothing", always(200, undefined, "")],
  ["204", always(204, undefined, "")],
  ["201 and HTML", always(201, "text/html", page)],
  ["201 and JSON", always(201, "application/json", '{"ok":true,"to":"you"}')],
  ["201 and where it came from", always(201, undefined, "", { location: "/v2/acme/site/uploads/1" })],
])("what answers everything with %s is no registry", (_name, answer) => {
  test.each(changes)("%s", async (_call, call) => {
    await failureOf(call(open(await startNoRegistry(answer))));
  });
});

test("who takes everything and names what was asked for is no registry either", async () => {
  const server = await startNoRegistry((request, response) => {
    const isUpload = request.method === "POST";
    const status = request.method === "HEAD" ? 404 : isUpload ? 202 : 200;
    response.writeHead(status, { location: `${request.url}${isUpload ? "1" : ""}` }).end();
  });
  for (const name of ["push a blob", "push a manifest", "tag a manifest", "attach a manifest"]) {
    expect(await failureOf(calls[name]?.(open(server)) ?? Promise.resolve())).toContain("is no registry");
  }
});
