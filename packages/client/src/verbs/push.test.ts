import { chmod, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Archive, ByteSource } from "@blob/format";
import { createArchiveFiles, openLocalArchive } from "@blob/format/node";
import type { Registry } from "@blob/registry";
import { createMemoryRegistry, RegistryError, sha256Digest } from "@blob/registry";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry, writeTree } from "@blob/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Client } from "../index.js";
import { createClient } from "../index.js";

let directory = "";
let source = "";
let registry: TestRegistry;
let client: Client;
let reference = "";

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-pushing-"));
  source = path.join(directory, "source");
  await writeTree(source, { "a.txt": "a".repeat(10_000), "b.txt": "b" });
  registry = await startTestRegistry();
  client = createClient({ plainHttp: true, http: { retry: { retries: 0 } } });
  reference = `${registry.host}/acme/site:v1`;
});

afterEach(async () => {
  await client.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

/** Where the tags that are there point. */
async function pointsTo(...tags: readonly string[]): Promise<Record<string, string | undefined>> {
  const found = await Promise.all(
    tags.map(async (tag) => {
      const descriptor = await registry.registry.resolve("acme/site", tag).catch(() => undefined);
      return [tag, descriptor?.digest] as const;
    }),
  );
  return Object.fromEntries(found);
}

describe("when one of several uploads fails", () => {
  let archive: Archive & { close(): Promise<void> };
  /** What happens to the data while it is being read. */
  const reads: string[] = [];

  /** Data that comes a little at a time, and for long. */
  function slowly(inner: ByteSource): ByteSource {
    return {
      id: inner.id,
      size: inner.size,
      async *read(_range, { signal } = {}) {
        reads.push("opened");
        try {
          for (let at = 0; at <= 300; at += 1) {
            if (at === 300) reads.push("nobody stopped it");
            await wait(5, undefined, signal === undefined ? {} : { signal });
            yield* inner.read({ offset: at, length: 1 });
          }
        } finally {
          // What a source has to do when it is left, such as closing a file, takes a moment.
          await wait(50);
          reads.push("closed");
        }
      },
    };
  }

  beforeEach(async () => {
    reads.splice(0);
    const local = path.join(directory, "archive");
    await createArchiveFiles(source, local, { compression: "none" });
    archive = await openLocalArchive(local);
  });

  afterEach(() => archive.close());

  test("the others are stopped, and nobody reads any more when the push has failed", async () => {
    const index = sha256Digest(archive.index);
    const memory = createMemoryRegistry();
    const pushBlob: Registry["pushBlob"] = async (repository, blob, ...rest) => {
      if (blob.digest !== index) return memory.pushBlob(repository, blob, ...rest);
      while (!reads.includes("opened")) await wait(5);
      throw new RegistryError("Rejected", "the index is not wanted");
    };
    const choosy = await startTestRegistry({ registry: { ...memory, pushBlob } });
    const there = `${choosy.host}/acme/site:v1`;
    const pushing = client.pushArchive(there, { ...archive, data: slowly(archive.data) });
    await expect(pushing).rejects.toMatchObject({ code: "Rejected" });
    expect(reads).toEqual(["opened", "closed"]);
    await choosy.close();
  });

  test("the same with an OCI layout", async () => {
    const layout = path.join(directory, "layout");
    await client.push(`oci:${layout}:other`, path.join(directory, "archive"));
    // In the way of the index.
    const index = sha256Digest(archive.index).replace("sha256:", "");
    await mkdir(path.join(layout, "blobs/sha256", index, "in the way"), { recursive: true });
    const pushing = client.pushArchive(`oci:${layout}:v1`, { ...archive, data: slowly(archive.data) });
    await expect(pushing).rejects.toMatchObject({ code: "FileSystem" });
    expect(reads).toEqual(["opened", "closed"]);
    expect(await readdir(path.join(layout, "blobs/sha256"))).not.toContainEqual(
      expect.stringMatching(/tmp$/u),
    );
  });
});

describe("tags", () => {
  test("are all looked at before anything is read or sent", async () => {
    for (const tag of ["-no", "", "a b", "x".repeat(129), "a:b", "sha256:00"]) {
      const pushing = client.push(reference, "/nonexistent", { tags: ["fine", tag] });
      await expect(pushing, tag).rejects.toMatchObject({ code: "InvalidArgument", reference });
    }
    expect(registry.requests).toEqual([]);
  });

  test("are written once each, whatever is repeated", async () => {
    const pushed = await client.push(reference, source, { tags: ["v2", "v1", "v2", "v3"] });
    expect(pushed.tags).toEqual(["v1", "v2", "v3"]);
    const writes = registry.requests.filter(
      ({ method, path: url }) => method === "PUT" && url.includes("/manifests/"),
    );
    expect(writes.map(({ path: url }) => url.slice(url.lastIndexOf("/") + 1))).toEqual(["v1", "v2", "v3"]);
  });

  test("that cannot all be written: the error says which were", async () => {
    const before = await client.push(reference, source, { tags: ["v2", "v3", "v4"] });
    await writeTree(source, { "c.txt": "new" });
    registry.quirks.fail = { status: 403, times: 1, path: /^PUT .*manifests\/v3$/u };
    const error: unknown = await client
      .push(reference, source, { tags: ["v2", "v3", "v4"] })
      .catch((thrown: unknown) => thrown);
    const { digest } = await registry.registry.resolve("acme/site", "v1");
    expect(digest).not.toBe(before.descriptor.digest);
    expect(error).toMatchObject({
      code: "TagsIncomplete",
      reference,
      digest,
      tagged: ["v1", "v2"],
      notTagged: ["v3", "v4"],
      cause: { code: "Forbidden" },
    });
    const { message } = error as Error;
    for (const said of [digest, "v1, v2 point", "v3, v4"]) expect(message).toContain(said);
    const old = before.descriptor.digest;
    expect(await pointsTo("v1", "v2", "v3", "v4")).toEqual({ v1: digest, v2: digest, v3: old, v4: old });
  });

  test("whose answer got lost are asked for, and are no failure", async () => {
    registry.quirks.drop = { when: "after", times: 1, path: /^PUT .*manifests\/v2$/u };
    const pushed = await client.push(reference, source, { tags: ["v2", "v3"] });
    const { digest } = pushed.descriptor;
    expect(await pointsTo("v1", "v2", "v3")).toEqual({ v1: digest, v2: digest, v3: digest });
  });

  test("that got lost with their request are not said to be there", async () => {
    registry.quirks.drop = { when: "before", times: 1, path: /^PUT .*manifests\/v2$/u };
    await expect(client.push(reference, source, { tags: ["v2", "v3"] })).rejects.toMatchObject({
      code: "TagsIncomplete",
      tagged: ["v1"],
      notTagged: ["v2", "v3"],
    });
    expect(await pointsTo("v2", "v3")).toEqual({ v2: undefined, v3: undefined });
  });

  test("of a copy are treated alike", async () => {
    await client.push(reference, source);
    const there = `${registry.host}/acme/copy:v1`;
    registry.requests.splice(0);
    await expect(client.copy(reference, there, { tags: ["ok", "not ok"] })).rejects.toMatchObject({
      code: "InvalidArgument",
    });
    expect(registry.requests).toEqual([]);
    expect((await client.copy(reference, there, { tags: ["v2", "v2", "v1"] })).tags).toEqual(["v1", "v2"]);
    registry.quirks.fail = { status: 403, times: 1, path: /^PUT .*manifests\/v4$/u };
    await expect(client.copy(reference, there, { tags: ["v3", "v4"] })).rejects.toMatchObject({
      code: "TagsIncomplete",
      tagged: ["v1", "v3"],
      notTagged: ["v4"],
    });
  });
});

describe("what a manifest cannot say", () => {
  test.each([
    ["a date that is none", { created: new Date("never") }],
    ["a year of six digits", { created: new Date(8.64e15) }],
    ["a time of creation that is none", { annotations: { "org.opencontainers.image.created": "today" } }],
    ["an annotation without a name", { annotations: { "": "x" } }],
  ])("is refused before anything is read: %s", async (_name, options) => {
    const pushing = client.push(reference, "/nonexistent", options);
    await expect(pushing).rejects.toMatchObject({ code: "InvalidArgument" });
    expect(registry.requests).toEqual([]);
  });

  test("is refused before anything is signed", async () => {
    const pushed = await client.push(reference, source);
    const sign = vi.fn<() => Promise<never>>();
    const signing = client.sign(pushed, { name: "a test", sign }, { created: new Date(Number.NaN) });
    await expect(signing).rejects.toMatchObject({ code: "InvalidArgument" });
    expect(sign).not.toHaveBeenCalled();
  });
});

describe("a temporary directory", () => {
  /** An archive whose blobs may be mounted is spooled: their digests have to be known. */
  const mountFrom = "acme/base";

  test("that is not there is named, with what to do", async () => {
    const temporaryDirectory = path.join(directory, "missing");
    const pushing = client.push(reference, source, { mountFrom, temporaryDirectory });
    await expect(pushing).rejects.toMatchObject({
      code: "TemporaryDirectory",
      path: temporaryDirectory,
      message: expect.stringMatching(/missing: .*TMPDIR.*temporaryDirectory/u) as string,
      cause: { code: "ENOENT" },
    });
    expect(registry.requests).toEqual([]);
  });

  test("that cannot be written to, likewise", async () => {
    const temporaryDirectory = path.join(directory, "file");
    await writeTree(directory, { file: "not a directory" });
    await expect(client.push(reference, source, { mountFrom, temporaryDirectory })).rejects.toMatchObject({
      code: "TemporaryDirectory",
      path: temporaryDirectory,
    });
  });

  test("may be relative", async () => {
    const temporaryDirectory = path.join(directory, "tmp");
    await mkdir(temporaryDirectory);
    await chmod(temporaryDirectory, 0o700);
    await client.push(reference, source, {
      mountFrom,
      temporaryDirectory: path.relative(process.cwd(), temporaryDirectory),
    });
    expect(await readdir(temporaryDirectory)).toEqual([]);
  });
});
