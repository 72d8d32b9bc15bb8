import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { createTemporaryDirectory, hasProgram } from "@blob/testing";
import { describe, expect, test } from "vitest";
import { createHttpRegistry } from "../http-registry.js";
import { createLayoutRegistry } from "../layout/layout-registry.js";
import { createMemoryRegistry } from "../memory-registry.js";
import type { Registry } from "../registry.js";
import { blobOf, chunksOf, collect, noise } from "../testing/bytes.js";
import { createRegistryServer } from "./registry-server.js";

const run = promisify(execFile);
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const config = blobOf("{}");
const layer = blobOf(noise(500_000));

async function push(registry: Registry, repository: string): Promise<string> {
  for (const blob of [config, layer]) await registry.pushBlob(repository, blob, () => chunksOf(blob.bytes));
  const manifest = {
    schemaVersion: 2,
    mediaType,
    artifactType: "application/vnd.acme",
    config: { mediaType: "application/vnd.oci.empty.v1+json", digest: config.digest, size: 2 },
    layers: [{ mediaType: "application/vnd.acme.data", digest: layer.digest, size: layer.size }],
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return (await registry.pushManifest(repository, { mediaType, bytes }, { tag: "v1" })).digest;
}

describe.skipIf(!hasProgram("skopeo"))("skopeo", () => {
  test("pushes to the server and pulls from it, byte for byte", async () => {
    await using directory = await createTemporaryDirectory();
    const source = createLayoutRegistry(path.join(directory.path, "source"));
    const digest = await push(source, "");
    const server = await createRegistryServer(createMemoryRegistry()).listen();
    const client = createHttpRegistry(server.host, { plainHttp: true });
    try {
      const remote = `docker://${server.host}/acme/site:v1`;
      const from = `oci:${directory.path}/source:v1`;
      await run("skopeo", ["copy", "--quiet", "--dest-tls-verify=false", from, remote]);
      expect((await client.manifest("acme/site", "v1")).descriptor.digest).toBe(digest);
      expect(Buffer.compare(await collect(client.readBlob("acme/site", layer)), layer.bytes)).toBe(0);

      const to = `oci:${directory.path}/target:v2`;
      await run("skopeo", ["copy", "--quiet", "--src-tls-verify=false", remote, to]);
      const target = createLayoutRegistry(path.join(directory.path, "target"));
      expect((await target.manifest("", "v2")).descriptor.digest).toBe(digest);

      const { stdout } = await run("skopeo", [
        "list-tags",
        "--tls-verify=false",
        `docker://${server.host}/acme/site`,
      ]);
      expect(JSON.parse(stdout)).toMatchObject({ Tags: ["v1"] });
      await run("skopeo", ["delete", "--tls-verify=false", remote]);
      await expect(client.manifest("acme/site", "v1")).rejects.toMatchObject({ code: "NotFound" });
    } finally {
      await client.close();
      await server.close();
    }
  });
});

describe.skipIf(!hasProgram("umoci"))("umoci", () => {
  test("finds the tags of a layout, and its garbage collector takes nothing that is in use", async () => {
    await using directory = await createTemporaryDirectory();
    const layout = path.join(directory.path, "layout");
    const registry = createLayoutRegistry(layout);
    const digest = await push(registry, "");
    const { stdout } = await run("umoci", ["list", "--layout", layout]);
    expect(stdout.trim()).toBe("v1");
    await run("umoci", ["gc", "--layout", layout]);
    expect((await registry.manifest("", digest)).descriptor.digest).toBe(digest);
    expect(Buffer.compare(await collect(registry.readBlob("", layer)), layer.bytes)).toBe(0);
  });
});
