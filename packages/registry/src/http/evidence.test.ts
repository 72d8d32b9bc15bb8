import type { Quirks } from "@blob/testing";
import { hasProgram, startDockerRegistry } from "@blob/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { createHttpRegistry } from "../http-registry.js";
import { blobOf, chunksOf, collect, noise } from "../testing/bytes.js";
import type { Quirky } from "../testing/quirky.js";
import { startQuirky } from "../testing/quirky.js";

const repository = "acme/site";
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const blob = blobOf(noise(3000));
const other = blobOf(noise(3000, 2));
const open = (): AsyncIterable<Uint8Array> => chunksOf(blob.bytes);
const config = blobOf("{}");
const manifest = blobOf(
  JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: "application/vnd.oci.empty.v1+json", digest: config.digest, size: 2 },
    layers: [],
  }),
);
const isBlobHead = /^HEAD .*blobs/u;
const isUploadEnd = /^PUT .*uploads/u;
const isManifestPut = /^PUT .*manifests/u;
const withoutEvidence = { noDigestHeader: true, noLocation: true };

const methods = ({ requests }: Quirky): string[] => requests().map((line) => line.split(" ", 1)[0] ?? "");

async function startWithConfig(quirks: Quirks = {}): Promise<Quirky> {
  const quirky = await startQuirky(quirks);
  await quirky.server.registry.pushBlob(repository, config, () => chunksOf(config.bytes));
  return quirky;
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    (value) => value,
    (thrown: unknown) => thrown,
  );
}

describe("a blob exists when its HEAD fits", () => {
  const tells = (headers: Record<string, string>, times: number): object => ({
    fail: { status: 200, times, path: isBlobHead, headers },
  });

  test.each([
    ["another size", { "content-length": "7" }],
    ["another digest", { "content-length": "3000", "docker-content-digest": other.digest }],
  ])("one that has %s is uploaded again, and looked at again", async (_name, headers) => {
    const quirky = await startQuirky(tells(headers, 1));
    expect(await quirky.registry.pushBlob(repository, blob, open)).toBe("uploaded");
    expect(methods(quirky)).toEqual(["HEAD", "POST", "PUT", "HEAD"]);
    expect(Buffer.compare(await collect(quirky.server.registry.readBlob(repository, blob)), blob.bytes)).toBe(
      0,
    );
  });

  test("one that has another size is not mounted", async () => {
    const quirky = await startQuirky(tells({ "content-length": "7" }, 1));
    await quirky.server.registry.pushBlob("acme/base", blob, open);
    expect(await quirky.registry.pushBlob(repository, blob, open, { mountFrom: "acme/base" })).toBe(
      "uploaded",
    );
  });

  test("a registry that goes on telling the wrong size is an error with both", async () => {
    const { registry } = await startQuirky(tells({ "content-length": "2999" }, 100));
    const error = await failureOf(registry.pushBlob(repository, blob, open));
    expect(error).toMatchObject({ code: "DigestMismatch", digest: blob.digest });
    expect(String(error)).toMatch(/3000 bytes.*2999 bytes/u);
  });

  test("a registry that goes on telling the wrong digest is an error with both", async () => {
    const { registry } = await startQuirky(
      tells({ "content-length": "3000", "docker-content-digest": other.digest }, 100),
    );
    expect(await registry.statBlob(repository, blob.digest)).toBeUndefined();
    const error = await failureOf(registry.pushBlob(repository, blob, open));
    expect(error).toMatchObject({ code: "DigestMismatch", digest: blob.digest });
    expect(String(error)).toContain(other.digest);
  });

  test("a digest of another algorithm says nothing", async () => {
    const sha512 = `sha512:${"a".repeat(128)}`;
    const quirky = await startQuirky(tells({ "content-length": "3000", "docker-content-digest": sha512 }, 1));
    expect(await quirky.registry.pushBlob(repository, blob, open)).toBe("exists");
  });

  test("a proxy that answers every HEAD with a length of 0 is asked for the first byte", async () => {
    const quirky = await startQuirky(tells({ "content-length": "0" }, 100));
    await quirky.server.registry.pushBlob(repository, blob, open);
    expect(await quirky.registry.pushBlob(repository, blob, open)).toBe("exists");
    expect(methods(quirky)).toEqual(["HEAD", "GET"]);
    const empty = blobOf("");
    await quirky.server.registry.pushBlob(repository, empty, () => chunksOf(empty.bytes));
    expect(await quirky.registry.pushBlob(repository, empty, () => chunksOf(empty.bytes))).toBe("exists");
  });

  test("a registry that calls its blobs HTML still has them", async () => {
    const quirky = await startQuirky(tells({ "content-length": "3000", "content-type": "text/html" }, 1));
    await quirky.server.registry.pushBlob(repository, blob, open);
    expect(await quirky.registry.pushBlob(repository, blob, open)).toBe("exists");
  });
});

describe("the end of an upload", () => {
  test("without evidence costs one HEAD", async () => {
    const quirky = await startQuirky(withoutEvidence);
    expect(await quirky.registry.pushBlob(repository, blob, open)).toBe("uploaded");
    expect(methods(quirky)).toEqual(["HEAD", "POST", "PUT", "HEAD"]);
  });

  test.each([{ noDigestHeader: true }, { noLocation: true }])("with %j costs none", async (quirks) => {
    const quirky = await startQuirky(quirks);
    expect(await quirky.registry.pushBlob(repository, blob, open)).toBe("uploaded");
    expect(methods(quirky)).toEqual(["HEAD", "POST", "PUT"]);
  });

  test.each([200, 201, 204])(
    "that says %d and stores nothing is an error that says what answered",
    async (status) => {
      const fail = {
        status,
        times: 1,
        path: isUploadEnd,
        headers: { "content-type": "text/plain" },
        body: "fine",
      };
      const { registry } = await startQuirky({ fail: status === 204 ? { ...fail, body: "" } : fail });
      const error = await failureOf(registry.pushBlob(repository, blob, open));
      expect(error).toMatchObject({ code: "InvalidResponse", status, digest: blob.digest });
      expect(String(error)).toContain(status === 204 ? "HTTP 204" : `HTTP ${status}, text/plain, "fine"`);
    },
  );

  test("in pieces that stores nothing is one, too", async () => {
    const { registry } = await startQuirky(
      { fail: { status: 201, times: 1, path: isUploadEnd } },
      { chunkBytes: 1000 },
    );
    await expect(registry.pushBlob(repository, blob, open)).rejects.toMatchObject({
      code: "InvalidResponse",
    });
  });

  test("that names another digest is an error", async () => {
    const headers = { "docker-content-digest": other.digest };
    const { registry } = await startQuirky({ fail: { status: 201, times: 1, path: isUploadEnd, headers } });
    await expect(registry.pushBlob(repository, blob, open)).rejects.toMatchObject({ code: "DigestMismatch" });
  });

  test("of a registry that does not tell about blobs is believed", async () => {
    const { registry } = await startQuirky({ ...withoutEvidence, headStatus: 401 });
    expect(await registry.pushBlob(repository, blob, open)).toBe("uploaded");
  });
});

describe("a mount", () => {
  test("without evidence costs one HEAD", async () => {
    const quirky = await startQuirky(withoutEvidence);
    await quirky.server.registry.pushBlob("acme/base", blob, open);
    expect(await quirky.registry.pushBlob(repository, blob, open, { mountFrom: "acme/base" })).toBe(
      "mounted",
    );
    expect(methods(quirky)).toEqual(["HEAD", "POST", "HEAD"]);
  });

  test.each([
    ["mounts nothing", {}],
    ["names another digest", { "docker-content-digest": other.digest }],
  ])("that %s becomes an upload", async (_name, headers) => {
    const quirky = await startQuirky({ fail: { status: 201, times: 1, path: /mount=/u, headers } });
    expect(await quirky.registry.pushBlob(repository, blob, open, { mountFrom: "acme/base" })).toBe(
      "uploaded",
    );
    expect(await quirky.server.registry.statBlob(repository, blob.digest)).toBe(3000);
  });
});

describe("the PUT of a manifest", () => {
  const push = async ({ registry }: Quirky, tag?: string): Promise<unknown> =>
    registry.pushManifest(repository, { mediaType, bytes: manifest.bytes }, { tag });

  test.each([{}, { noDigestHeader: true }, { noLocation: true }])(
    "with evidence (%j) costs no more",
    async (quirks) => {
      const quirky = await startWithConfig(quirks);
      await push(quirky, "v1");
      await push(quirky);
      expect(methods(quirky)).toEqual(["PUT", "PUT"]);
    },
  );

  test("without evidence costs one GET", async () => {
    const quirky = await startWithConfig(withoutEvidence);
    await push(quirky, "v1");
    expect(methods(quirky)).toEqual(["PUT", "GET"]);
  });

  test.each([200, 201, 202])(
    "that says %d and stores nothing is an error that says what answered",
    async (status) => {
      const body = "<html><body>Welcome\u0007, friend</body></html>";
      const headers = { "content-type": "text/html" };
      const quirky = await startWithConfig({
        fail: { status, times: 1, path: isManifestPut, body, headers },
      });
      const error = await failureOf(push(quirky, "v1"));
      expect(error).toMatchObject({
        code: "InvalidResponse",
        status,
        reference: `${quirky.server.host}/acme/site:v1`,
      });
      expect(String(error)).toContain(`HTTP ${status}, text/html, "Welcome , friend"`);
    },
  );

  test("that says so and stores other bytes is an error", async () => {
    const quirky = await startWithConfig({ ...withoutEvidence });
    await push(quirky);
    quirky.server.damage(manifest.digest);
    await expect(push(quirky)).rejects.toMatchObject({ code: "InvalidResponse", status: 201 });
  });

  test("that names another digest is an error", async () => {
    const headers = { "docker-content-digest": other.digest };
    const quirky = await startWithConfig({ fail: { status: 201, times: 1, path: isManifestPut, headers } });
    await expect(push(quirky, "v1")).rejects.toMatchObject({
      code: "DigestMismatch",
      digest: manifest.digest,
    });
  });

  test("that cannot be proved for want of permission is an error", async () => {
    const quirky = await startWithConfig({
      ...withoutEvidence,
      forRequest: ({ method, path }) =>
        method === "GET" && path.includes("manifests") ? { fail: { status: 403, times: 1 } } : {},
    });
    await expect(push(quirky)).rejects.toMatchObject({ code: "Forbidden" });
  });
});

describe("a delete that says", () => {
  const remove = async ({ registry }: Quirky): Promise<void> => registry.deleteBlob(repository, blob.digest);
  const isDelete = /^DELETE/u;

  test.each([200, 204])("%d is looked at, and an error when nothing is gone", async (status) => {
    const quirky = await startQuirky({ fail: { status, times: 1, path: isDelete } });
    await quirky.server.registry.pushBlob(repository, blob, open);
    await expect(remove(quirky)).rejects.toMatchObject({ code: "InvalidResponse", status });
    quirky.requests();
    await remove(quirky);
    expect(methods(quirky)).toEqual(["DELETE"]);
  });

  test.each([200, 204])("%d is done when it is gone", async (status) => {
    const quirky = await startQuirky({ fail: { status, times: 1, path: isDelete } });
    await remove(quirky);
    expect(methods(quirky)).toEqual(["DELETE", "HEAD"]);
  });

  test("202 with a page is an error", async () => {
    const headers = { "content-type": "text/html" };
    const quirky = await startQuirky({
      fail: { status: 202, times: 1, path: isDelete, headers, body: "<html>Log in</html>" },
    });
    await expect(remove(quirky)).rejects.toMatchObject({ code: "InvalidResponse", status: 202 });
  });

  test("202 and calls its empty answer HTML is done (Quay)", async () => {
    const headers = { "content-type": "text/html; charset=utf-8" };
    const quirky = await startQuirky({ fail: { status: 202, times: 1, path: isDelete, headers } });
    await remove(quirky);
    expect(methods(quirky)).toEqual(["DELETE"]);
  });
});

test("an API root that calls its answer HTML is one (Quay)", async () => {
  const headers = { "content-type": "text/html; charset=utf-8" };
  const { registry } = await startQuirky({ fail: { status: 200, times: 1, headers, body: "true" } });
  expect(await registry.checkAccess()).toEqual({ authorized: false });
});

test.runIf(hasProgram("docker-registry"))("a push to distribution takes no request more", async () => {
  const server = await startDockerRegistry();
  onTestFinished(() => server.close());
  const seen: string[] = [];
  const registry = createHttpRegistry(server.host, {
    plainHttp: true,
    trace: ({ method, status }) => void seen.push(`${method} ${String(status)}`),
  });
  onTestFinished(() => registry.close());
  await registry.pushBlob(repository, config, () => chunksOf(config.bytes));
  await registry.pushManifest(repository, { mediaType, bytes: manifest.bytes }, { tag: "v1" });
  await registry.pushBlob(repository, config, () => chunksOf(config.bytes));
  await registry.pushBlob("acme/copy", config, () => chunksOf(config.bytes), { mountFrom: repository });
  await registry.deleteManifest(repository, manifest.digest);
  expect(seen).toEqual([
    "HEAD 404",
    "POST 202",
    "PUT 201",
    // The manifest, and the blob again.
    "PUT 201",
    "HEAD 200",
    // The mount, and the delete.
    "HEAD 404",
    "POST 201",
    "GET 200",
    "DELETE 202",
  ]);
});
