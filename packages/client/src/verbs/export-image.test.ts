import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, stat, utimes } from "node:fs/promises";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { createAnonymousArchive } from "../testing/anonymous-archive.js";
import type { DockerRegistry, TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, hasProgram, startDockerRegistry, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "../client.js";
import { createClient } from "../create-client.js";

let directory: TemporaryDirectory;
let registry: DockerRegistry;
let client: Client;

const tree = {
  "index.html": "<p>hello",
  "bin/run.sh": "#!/bin/sh\n",
  "css/a/b.css": "body {}",
  "empty.txt": "",
};
const created = "2026-01-02T03:04:05Z";

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  registry = await startDockerRegistry();
  client = createClient({ plainHttp: true });
  const source = path.join(directory.path, "source");
  await writeTree(source, tree);
  await chmod(path.join(source, "bin/run.sh"), 0o755);
  await chmod(path.join(source, "index.html"), 0o640);
  await utimes(path.join(source, "index.html"), 1_700_000_000, 1_700_000_000);
  await client.push(`${registry.host}/acme/site:v1`, source, { created: new Date(created) });
});

afterAll(async () => {
  await client.close();
  await registry.close();
  await directory.remove();
});

const site = (): string => `${registry.host}/acme/site:v1`;

async function blobOf(layout: string, digest: string): Promise<Buffer> {
  return readFile(path.join(layout, "blobs", digest.replace(":", "/")));
}

async function jsonOf(layout: string, digest: string): Promise<Record<string, unknown>> {
  return JSON.parse((await blobOf(layout, digest)).toString()) as Record<string, unknown>;
}

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

describe("the image", () => {
  test("has one layer, its two digests, a platform, and says which archive it was made of", async () => {
    const layout = path.join(directory.path, "plain");
    await using archive = await client.pull(site());
    const result = await client.exportImage(`oci:${layout}:v1`, archive, {
      tags: ["v2"],
      platform: "linux/arm64/v8",
    });
    expect(result).toMatchObject({ files: 4, platform: "linux/arm64/v8", tags: ["v1", "v2"] });
    const manifest = await jsonOf(layout, result.descriptor.digest);
    expect(manifest).toEqual({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: {
        mediaType: "application/vnd.oci.image.config.v1+json",
        digest: result.config.digest,
        size: result.config.size,
      },
      layers: [
        {
          mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
          digest: result.layer.digest,
          size: result.layer.size,
        },
      ],
      annotations: {
        "org.opencontainers.image.created": created,
        "org.opencontainers.image.base.digest": archive.manifest.descriptor.digest,
        "org.opencontainers.image.base.name": site(),
      },
    });
    expect(await jsonOf(layout, result.config.digest)).toEqual({
      created,
      architecture: "arm64",
      os: "linux",
      variant: "v8",
      config: {},
      rootfs: { type: "layers", diff_ids: [result.diffId] },
      history: [{ created, created_by: "blob export --image" }],
    });
    expect(sha256(gunzipSync(await blobOf(layout, result.layer.digest)))).toBe(result.diffId);
  });

  test("is the same each time, wherever it goes", async () => {
    await using archive = await client.pull(site());
    for (const layerCompression of ["gzip", "zstd", "none"] as const) {
      const one = await client.exportImage(`${registry.host}/acme/same:v1`, archive, { layerCompression });
      const layout = `oci:${path.join(directory.path, "same")}:v1`;
      const two = await client.exportImage(layout, archive, { layerCompression });
      expect(two.descriptor).toEqual(one.descriptor);
      expect(two.diffId).toBe(one.diffId);
    }
  });

  test("of a local archive says nothing of where it came from, and is of 1970", async () => {
    const { archive } = await createAnonymousArchive({ a: "1" });
    const layout = path.join(directory.path, "local");
    const { descriptor } = await client.exportImage(`oci:${layout}:v1`, archive);
    expect((await jsonOf(layout, descriptor.digest))["annotations"]).toEqual({
      "org.opencontainers.image.created": "1970-01-01T00:00:00Z",
    });
  });
});

describe.skipIf(!hasProgram("skopeo") || !hasProgram("umoci"))("other programs", () => {
  test.each(["gzip", "zstd", "none"] as const)(
    "skopeo and umoci take a layer with %s",
    async (layerCompression) => {
      await using archive = await client.pull(site());
      const image = `${registry.host}/acme/image:${layerCompression}`;
      const { descriptor, layer } = await client.exportImage(image, archive, { layerCompression });
      const from = `docker://${image}`;
      const inspected = JSON.parse(
        execFileSync("skopeo", ["inspect", "--tls-verify=false", from], { encoding: "utf8" }),
      ) as Record<string, unknown>;
      expect(inspected).toMatchObject({
        Digest: descriptor.digest,
        Os: "linux",
        Architecture: "amd64",
        Layers: [layer.digest],
        Created: created,
      });
      const layout = path.join(directory.path, `skopeo-${layerCompression}`);
      execFileSync("skopeo", ["copy", "--quiet", "--src-tls-verify=false", from, `oci:${layout}:v1`]);
      const bundle = path.join(directory.path, `bundle-${layerCompression}`);
      const unpack = ["unpack", "--rootless", "--image", `${layout}:v1`, bundle];
      try {
        execFileSync("umoci", unpack, { stdio: "pipe" });
      } catch (error) {
        if (layerCompression !== "zstd") throw error;
        console.log("not tested: umoci with zstd, which this version does not read");
        return;
      }
      for (const [name, content] of Object.entries(tree)) {
        expect(await readFile(path.join(bundle, "rootfs", name), "utf8")).toBe(content);
        const { mode, mtimeMs } = await stat(path.join(bundle, "rootfs", name));
        const entry = archive.entry(name);
        expect([name, mode & 0o777]).toEqual([name, entry?.mode]);
        expect(Math.floor(mtimeMs / 1000)).toBe(Number((entry?.mtimeNs ?? 0n) / 1_000_000_000n));
      }
    },
  );
});

describe("what is refused", () => {
  test.each([".wh.index.html", "css/.wh..wh..opq", ".wh.css/a"])(
    "%s, which would delete files",
    async (name) => {
      const { archive } = await createAnonymousArchive({ "a.txt": "1", [name]: "" });
      const layout = path.join(directory.path, "refused");
      await expect(client.exportImage(`oci:${layout}:v1`, archive)).rejects.toMatchObject({
        code: "InvalidArgument",
        path: name,
      });
      await expect(stat(layout)).rejects.toMatchObject({ code: "ENOENT" });
    },
  );

  test("what only looks like it is not", async () => {
    const { archive } = await createAnonymousArchive({ "a.wh.b": "1", ".whale": "2" });
    const layout = path.join(directory.path, "fine");
    expect(await client.exportImage(`oci:${layout}:v1`, archive)).toMatchObject({ files: 2 });
  });

  test.each(["linux", "linux/", "Linux/amd64", "linux/amd64/v8/x", "linux/amd 64"])(
    "the platform %j",
    async (platform) => {
      const { archive } = await createAnonymousArchive({ a: "1" });
      await expect(client.exportImage("oci:nowhere:v1", archive, { platform })).rejects.toMatchObject({
        code: "InvalidArgument",
      });
    },
  );

  test("a digest as the destination", async () => {
    const { archive } = await createAnonymousArchive({ a: "1" });
    const reference = `oci:nowhere@${sha256(Buffer.from("x"))}`;
    await expect(client.exportImage(reference, archive)).rejects.toMatchObject({ code: "InvalidReference" });
  });

  test("a damaged archive: no manifest is pushed, and nothing stays in the temporary directory", async () => {
    const { archive, damage } = await createAnonymousArchive({ "a.txt": "content" });
    damage();
    const [layout, temporaryDirectory] = [
      path.join(directory.path, "damaged"),
      path.join(directory.path, "tmp"),
    ];
    await mkdir(temporaryDirectory);
    await expect(
      client.exportImage(`oci:${layout}:v1`, archive, { temporaryDirectory }),
    ).rejects.toMatchObject({ code: "HashMismatch", path: "a.txt" });
    await expect(stat(path.join(layout, "index.json"))).rejects.toMatchObject({ code: "ENOENT" });
    expect(await readdir(temporaryDirectory)).toEqual([]);
  });

  test("an abort: nothing stays", async () => {
    const { archive } = await createAnonymousArchive({ "a.txt": "content" });
    const temporaryDirectory = path.join(directory.path, "tmp-abort");
    await mkdir(temporaryDirectory);
    const abort = new AbortController();
    const reason = new Error("enough");
    const onProgress = (): void => abort.abort(reason);
    const { signal } = abort;
    const layout = `oci:${path.join(directory.path, "aborted")}:v1`;
    await expect(
      client.exportImage(layout, archive, { temporaryDirectory, signal, onProgress }),
    ).rejects.toBe(reason);
    expect(await readdir(temporaryDirectory)).toEqual([]);
  });
});
