import type { Quirks } from "@blob/testing";
import { describe, expect, test } from "vitest";
import { blobOf, chunksOf } from "../../testing/bytes.js";
import type { Quirky } from "../../testing/quirky.js";
import { startQuirky } from "../../testing/quirky.js";
import type { LeftOut } from "../../left-out.js";

const repository = "acme/site";
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const config = blobOf("{}");
const manifest = blobOf(
  JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: "application/vnd.oci.empty.v1+json", digest: config.digest, size: 2 },
    layers: [],
  }),
);
const get = "GET /v2/acme/site/manifests/v1";

async function startWithManifest(quirks: Quirks): Promise<Quirky> {
  const quirky = await startQuirky(quirks);
  const behind = quirky.server.registry;
  await behind.pushBlob(repository, config, () => chunksOf(config.bytes));
  await behind.pushManifest(repository, { mediaType, bytes: manifest.bytes }, { tag: "v1" });
  return quirky;
}

test("a manifest is one GET, with every type accepted", async () => {
  const { registry, server, requests } = await startWithManifest({});
  await registry.manifest(repository, "v1");
  const accept = server.requests[0]?.headers.accept ?? "";
  expect(accept.split(", ")).toEqual([
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
  ]);
  expect(requests()).toEqual([`${get} 200`]);
});

test("without a digest header, the bytes tell", async () => {
  const { registry, requests } = await startWithManifest({ noDigestHeader: true });
  expect((await registry.manifest(repository, "v1")).descriptor.digest).toBe(manifest.digest);
  expect((await registry.resolve(repository, "v1")).digest).toBe(manifest.digest);
  expect(requests()).toEqual([`${get} 200`, `${get.replace("GET", "HEAD")} 200`, `${get} 200`]);
});

test.each([405, 501])("a HEAD that the registry does not have (%d) becomes a GET", async (headStatus) => {
  const { registry } = await startWithManifest({ headStatus });
  expect((await registry.resolve(repository, "v1")).digest).toBe(manifest.digest);
});

describe("a wrong byte is an error", () => {
  test.each(["v1", manifest.digest])("asked for %s", async (reference) => {
    const { registry, server } = await startWithManifest({});
    server.damage(manifest.digest);
    await expect(registry.manifest(repository, reference)).rejects.toMatchObject({
      code: "DigestMismatch",
      digest: manifest.digest,
    });
  });
});

test("a login page instead of a manifest is explained", async () => {
  const { registry } = await startWithManifest({
    fail: { status: 200, times: 1, body: "<html>Sign in</html>", headers: { "content-type": "text/html" } },
  });
  await expect(registry.manifest(repository, "v1")).rejects.toMatchObject({ code: "InvalidResponse" });
});

describe("plain http on a port for TLS", () => {
  const go = "Client sent an HTTP request to an HTTPS server.\n";
  const nginx =
    "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n<body></body></html>";

  test.each<[string, string | undefined]>([
    [go, undefined],
    [go, "text/plain; charset=utf-8"],
    [nginx, "text/html"],
  ])("is told in the words of the registry: %j, %s", async (body, type) => {
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    const { registry } = await startQuirky({ fail: { status: 400, times: 100, body, headers } });
    for (const call of [
      () => registry.manifest(repository, "v1"),
      () => registry.resolve(repository, "v1"),
      () => registry.pushBlob(repository, config, () => chunksOf(config.bytes)),
      () => registry.pushManifest(repository, { mediaType, bytes: manifest.bytes }, { tag: "v1" }),
    ]) {
      const error: unknown = await call().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "Rejected", status: 400 });
      expect(String(error)).toMatch(/speaks https.*HTTP request.*to (?:an )?HTTPS/u);
      expect(String(error)).not.toContain("artifact types");
    }
  });
});

describe("a refusal", () => {
  const secret = "hunter2-hunter2-hunter2";

  test.each([
    [401, "UNAUTHORIZED", "Unauthorized"],
    [403, "DENIED", "Forbidden"],
    [404, "MANIFEST_UNKNOWN", "NotFound"],
    [404, "NAME_UNKNOWN", "NotFound"],
    [400, "MANIFEST_INVALID", "Rejected"],
    [429, "TOOMANYREQUESTS", "RateLimited"],
    [503, "UNKNOWN", "Unavailable"],
    [418, "TEAPOT", "Rejected"],
  ])("%d %s is %s, with what the registry says", async (status, code, expected) => {
    const { registry } = await startWithManifest({
      fail: {
        status,
        times: 100,
        body: JSON.stringify({ errors: [{ code, message: `reason\u001b[31m\nhere, token=${secret}` }] }),
      },
    });
    const error: unknown = await registry.manifest(repository, "v1").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: expected, status, reference: `${registry.id}/acme/site:v1` });
    expect(String(error)).toContain(`${code}, reason`);
    expect(String(error)).not.toMatch(/[\u0000-\u001f]/u);
    expect(String(error)).not.toContain(secret);
  });

  test.each([
    ["no body", ""],
    ["HTML", "<html>Bad Gateway</html>"],
    ["an endless one", "x".repeat(1_000_000)],
    ["odd JSON", '{"errors":{"code":1}}'],
    ["odd entries", '{"errors":[null,{"code":5,"message":[]}]}'],
  ])("with %s is still told", async (_name, body) => {
    const { registry } = await startWithManifest({ fail: { status: 404, times: 1, body } });
    const error: unknown = await registry.manifest(repository, "v1").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "NotFound", status: 404 });
    expect(String(error).length).toBeLessThan(400);
  });

  test("of the artifact type is told apart from a bad manifest, with the type (GitLab)", async () => {
    const body = JSON.stringify({
      errors: [
        {
          code: "MANIFEST_INVALID",
          message: "manifest invalid",
          detail: "unknown media type: application/vnd.acme.site.v1",
        },
      ],
    });
    const { registry } = await startWithManifest({ fail: { status: 400, times: 1, path: /^PUT/u, body } });
    const error: unknown = await registry
      .pushManifest(repository, { mediaType, bytes: manifest.bytes }, { tag: "v2" })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "Rejected", status: 400, reference: `${registry.id}/acme/site:v2` });
    expect(String(error)).toContain("only takes types that it knows");
    expect(String(error)).toContain("manifest invalid: unknown media type: application/vnd.acme.site.v1");
  });

  test("of a rate limit says how long to wait", async () => {
    const { registry, sleeps } = await startWithManifest({
      fail: { status: 429, times: 100, headers: { "retry-after": "3600" } },
    });
    await expect(registry.manifest(repository, "v1")).rejects.toMatchObject({
      code: "RateLimited",
      retryAfterMs: 3_600_000,
      message: expect.stringContaining("3600 s") as string,
    });
    expect(sleeps).toEqual([]);
  });
});

test("a manifest larger than the limit is not read", async () => {
  const { registry } = await startWithManifest({});
  await expect(registry.manifest(repository, "v1", { maxBytes: 10 })).rejects.toMatchObject({
    code: "SizeExceeded",
  });
});

describe("tags", () => {
  test("come page by page, as they are asked for", async () => {
    const { registry, server, requests } = await startWithManifest({});
    const names = Array.from({ length: 2500 }, (_, at) => `t${String(at).padStart(4, "0")}`);
    for (const tag of names) {
      await server.registry.pushManifest(repository, { mediaType, bytes: manifest.bytes }, { tag });
    }
    const seen: string[] = [];
    for await (const tag of registry.tags(repository)) {
      seen.push(tag);
      if (seen.length === 1) expect(requests()).toHaveLength(1);
    }
    expect(seen).toEqual([...names, "v1"]);
    expect(requests()).toHaveLength(2);
  });

  test.each([
    ["leads to another host", '<http://127.0.0.1:1/v2/acme/site/tags/list>; rel="next"'],
    ["leads in a circle", '</v2/acme/site/tags/list?n=1000>; rel="next"'],
    ["is not an address", '<http://[>; rel="next"'],
  ])("whose next page %s are refused", async (_name, link) => {
    const { registry } = await startWithManifest({
      fail: { status: 200, times: 100, body: '{"tags":["a"]}', headers: { link } },
    });
    const reading = (async () => {
      for await (const tag of registry.tags(repository)) expect(tag).toBe("a");
    })();
    await expect(reading).rejects.toMatchObject({ code: "InvalidResponse" });
  });

  test("that are none are left out and told, and all others are listed", async () => {
    const tags = [
      "v1",
      "-a",
      1,
      null,
      `sha256:${"a".repeat(64)}`,
      "\u001b[2J",
      "x".repeat(129),
      "",
      ["v9"],
      "v2",
    ];
    const { registry } = await startWithManifest({
      fail: { status: 200, times: 1, body: JSON.stringify({ name: repository, tags }) },
    });
    const seen: string[] = [];
    const leftOut: LeftOut[] = [];
    const options = { onLeftOut: (what: LeftOut) => void leftOut.push(what) };
    for await (const tag of registry.tags(repository, options)) seen.push(tag);
    expect(seen).toEqual(["v1", "v2"]);
    expect(leftOut.map(({ kind }) => kind)).toEqual(Array.from({ length: 8 }, () => "tag"));
    expect(leftOut.map(({ name }) => name)).toEqual([
      "-a",
      "1",
      "null",
      `sha256:${"a".repeat(64)}`,
      "[2J",
      `${"x".repeat(80)}…`,
      '""',
      '["v9"]',
    ]);
    expect(new Set(leftOut.map(({ why }) => why))).toEqual(
      new Set(["it is not a valid tag name", "it is not a text"]),
    );
  });

  test.each(['{"tags":"a"}', '{"ok":true}', "{}", "[]", "x"])(
    "that are none are refused: %s",
    async (body) => {
      const { registry } = await startWithManifest({ fail: { status: 200, times: 1, body } });
      const reading = (async () => {
        for await (const tag of registry.tags(repository)) expect(tag).toBe("(none)");
      })();
      await expect(reading).rejects.toMatchObject({ code: "InvalidResponse" });
    },
  );

  test("may be null", async () => {
    const { registry } = await startWithManifest({ fail: { status: 200, times: 1, body: '{"tags":null}' } });
    for await (const tag of registry.tags(repository)) expect(tag).toBe("(none)");
  });
});
