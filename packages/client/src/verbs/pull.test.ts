import type { Caches } from "@blob/cache";
import type { Archive } from "@blob/format";
import { encodeIndex, isFormatError } from "@blob/format";
import type { Digest, Manifest, Registry } from "@blob/registry";
import { createMemoryRegistry, sha256Digest } from "@blob/registry";
import { beforeEach, describe, expect, test } from "vitest";
import { buildArchiveManifest } from "../manifest/archive-manifest.js";
import { noCaches } from "../caching/cache-views.js";
import type { FetchProgress } from "../progress.js";
import { pull } from "./pull.js";
import { pushArchive } from "./push.js";
import { archiveOf, contextOf } from "../testing/archive-context.js";

const reference = "one.example/acme/site:v1";
const files = { "a.txt": "one", "b.txt": "two", "empty.txt": "" };

let memory: Registry;
let local: Archive;
let index: Uint8Array;
let data: { readonly digest: Digest; readonly size: number };
/** The blobs that were read. */
let read: string[];

/** The registry, which counts what is read of it. */
function counted(registry: Registry, id = registry.id): Registry {
  return {
    ...registry,
    id,
    readBlob(repository, blob, options) {
      read.push(`${id} ${repository} ${blob.digest}`);
      return registry.readBlob(repository, blob, options);
    },
  };
}

/** Another manifest, under a tag of its own: nobody has checked it. */
function withManifest(blobs: {
  readonly index: { readonly digest: Digest; readonly size: number };
  readonly data: { readonly digest: Digest; readonly size: number };
}): Registry {
  const { mediaType, bytes } = buildArchiveManifest(blobs, {});
  const manifest: Manifest = {
    descriptor: { mediaType, digest: sha256Digest(bytes), size: bytes.length },
    bytes,
  };
  return { ...counted(memory), manifest: async () => manifest };
}

async function put(bytes: Uint8Array): Promise<{ readonly digest: Digest; readonly size: number }> {
  const blob = { digest: sha256Digest(bytes), size: bytes.length };
  await memory.pushBlob("acme/site", blob, async function* () {
    yield bytes;
  });
  return blob;
}

beforeEach(async () => {
  memory = createMemoryRegistry();
  read = [];
  local = await archiveOf(files);
  const pushed = await pushArchive(contextOf({ "one.example": memory }), reference, local);
  index = local.index;
  data = { digest: pushed.data.digest, size: pushed.data.size };
});

const indexDigest = (): Digest => sha256Digest(index);

describe("what is said while a manifest and an index are fetched", () => {
  test("is each step, and the end once", async () => {
    const inPieces: Registry = {
      ...memory,
      async *readBlob(...args) {
        for await (const chunk of memory.readBlob(...args)) {
          for (let at = 0; at < chunk.length; at += 100) yield chunk.subarray(at, at + 100);
        }
      },
    };
    const said: FetchProgress[] = [];
    const onProgress = (progress: FetchProgress): void => void said.push(progress);
    await pull(contextOf({ "one.example": inPieces }), reference, { onProgress });
    const { size } = (await memory.manifest("acme/site", "v1")).descriptor;
    const steps = [];
    for (let bytesDone = 100; bytesDone < index.length; bytesDone += 100)
      steps.push({ stage: "fetching-index", bytesDone, bytesTotal: index.length });
    expect(steps.length).toBeGreaterThan(1);
    expect(said).toEqual([
      { stage: "fetching-manifest", bytesDone: 0, bytesTotal: 0 },
      { stage: "fetching-manifest", bytesDone: size, bytesTotal: size },
      ...steps,
      { stage: "fetching-index", bytesDone: index.length, bytesTotal: index.length },
    ]);
  });
});

describe("an index", () => {
  test("may be as large as allowed, and not a byte larger", async () => {
    const context = contextOf({ "one.example": counted(memory) });
    const archive = await pull(context, reference, { limits: { maxIndexBytes: index.length } });
    expect(await archive.readFile("a.txt", "utf8")).toBe("one");
    read.splice(0);
    await expect(
      pull(context, reference, { limits: { maxIndexBytes: index.length - 1 } }),
    ).rejects.toMatchObject({ code: "SizeExceeded", reference, digest: indexDigest() });
    expect(read).toEqual([]);
  });

  test.each([
    [64 * 1024 * 1024, "NotFound", 1],
    [64 * 1024 * 1024 + 1, "SizeExceeded", 0],
  ])("of %d bytes is %s when nobody sets a limit", async (size, code, reads) => {
    const digest = sha256Digest(Buffer.from("not there"));
    const context = contextOf({ "one.example": withManifest({ index: { digest, size }, data }) });
    await expect(pull(context, reference)).rejects.toMatchObject({ code });
    expect(read).toHaveLength(reads);
  });

  test("of other data is refused, whatever the data's size", async () => {
    for (const size of [data.size, data.size + 1]) {
      const other = { digest: sha256Digest(Buffer.from("other")), size };
      const blobs = { index: { digest: indexDigest(), size: index.length }, data: other };
      await expect(pull(contextOf({ "one.example": withManifest(blobs) }), reference)).rejects.toMatchObject({
        code: "DigestMismatch",
        reference,
        digest: other.digest,
        message: expect.stringContaining("do not belong together") as string,
      });
    }
  });

  test("that does not say of which data it is, is refused", async () => {
    const nameless = await put(encodeIndex({ entries: [], dataSize: data.size }));
    const context = contextOf({ "one.example": withManifest({ index: nameless, data }) });
    await expect(pull(context, reference)).rejects.toMatchObject({
      code: "DigestMismatch",
      message: expect.stringContaining("does not say which data it describes") as string,
    });
  });

  test("that is none is an error of its own", async () => {
    const garbage = await put(Buffer.from("this is no index at all, is it?"));
    const context = contextOf({ "one.example": withManifest({ index: garbage, data }) });
    const error: unknown = await pull(context, reference).catch((thrown: unknown) => thrown);
    expect(isFormatError(error) && error.code).toBe("InvalidIndex");
  });
});

describe("an index that a cache has", () => {
  const cachesWith = (
    known: Uint8Array | undefined,
  ): Partial<Caches> & { readonly kept: [string, Uint8Array][] } => {
    const kept: [string, Uint8Array][] = [];
    return {
      kept,
      indexes: { get: async () => known, put: async (digest, bytes) => void kept.push([digest, bytes]) },
    };
  };

  test("is not read", async () => {
    const { kept, ...caches } = cachesWith(index);
    const archive = await pull(contextOf({ "one.example": counted(memory) }, caches), reference);
    expect(await archive.readFile("b.txt", "utf8")).toBe("two");
    expect(read).toEqual([`${memory.id} acme/site ${data.digest}`]);
    expect(kept).toEqual([]);
  });

  test.each([
    ["is not there", (): undefined => undefined],
    ["has another size", () => index.subarray(1)],
  ])("and that %s is read and kept", async (_name, known) => {
    const { kept, ...caches } = cachesWith(known());
    await pull(contextOf({ "one.example": counted(memory) }, caches), reference);
    expect(read).toEqual([`${memory.id} acme/site ${indexDigest()}`]);
    expect(kept).toEqual([[indexDigest(), new Uint8Array(index)]]);
  });
});

describe("pulls at the same time", () => {
  test("read what is the same once", async () => {
    const context = contextOf({ "one.example": counted(memory) });
    await Promise.all([pull(context, reference), pull(context, reference)]);
    expect(read).toHaveLength(1);
  });

  test("take nothing from another registry, repository or archive for the same", async () => {
    const other = await archiveOf({ "c.txt": "three" });
    const context = contextOf({
      "one.example": counted(memory, "one"),
      "two.example": counted(createMemoryRegistry(), "two"),
    });
    const fork = "one.example/acme/fork:v1";
    const elsewhere = "two.example/acme/site:v1";
    const next = "one.example/acme/site:v2";
    await pushArchive(context, elsewhere, local);
    await pushArchive(context, fork, local);
    await pushArchive(context, next, other);
    await Promise.all([reference, elsewhere, fork, next].map((one) => pull(context, one)));
    expect(read.toSorted()).toEqual(
      [
        `one acme/site ${indexDigest()}`,
        `one acme/fork ${indexDigest()}`,
        `two acme/site ${indexDigest()}`,
        `one acme/site ${sha256Digest(other.index)}`,
      ].toSorted(),
    );
  });
});

describe("blocks", () => {
  test.each([
    [undefined, 1],
    [false, 1],
    [true, 0],
  ])("are kept unless whole files are read (%s)", async (wholeFiles, wrapped) => {
    const ids: string[] = [];
    const blocks: Caches["blocks"] = {
      ...noCaches.blocks,
      wrap(source) {
        ids.push(source.id);
        return source;
      },
    };
    const options = wholeFiles === undefined ? {} : { wholeFiles };
    const archive = await pull(contextOf({ "one.example": memory }, { blocks }), reference, options);
    expect(await archive.readFile("a.txt", "utf8")).toBe("one");
    expect(ids).toHaveLength(wrapped);
  });
});

describe("an archive that was pulled", () => {
  test("says from where, and is what was pushed", async () => {
    const archive = await pull(contextOf({ "one.example": memory }), reference);
    expect(archive.reference).toBe(reference);
    expect(archive.manifest).toMatchObject({ index: { digest: indexDigest() }, data });
    expect([...archive.entries()].map((entry) => entry.path)).toEqual(Object.keys(files));
  });

  test.each(["close", Symbol.asyncDispose] as const)(
    "ends with %s: what is read later is an error",
    async (how) => {
      const archive = await pull(contextOf({ "one.example": memory }), reference);
      await archive[how]();
      const closed = { code: "Closed", reference };
      for (const path of Object.keys(files))
        await expect(archive.readFile(path)).rejects.toMatchObject(closed);
      const entry = archive.entry("a.txt");
      await expect(archive.contents.get(entry?.hash ?? index, { maxBytes: 3 })).rejects.toMatchObject(closed);
      expect(archive.isFile("a.txt")).toBe(true);
    },
  );

  test("keeps to limits", async () => {
    const archive = await pull(contextOf({ "one.example": memory }), reference, {
      limits: { maxFileBytes: 2 },
    });
    await expect(archive.readFile("a.txt")).rejects.toMatchObject({ code: "SizeExceeded" });
  });
});

test("who stops while the index is read gets the reason", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const stopping: Registry = {
    ...memory,
    async *readBlob(_repository, _blob, { signal } = {}) {
      yield index.subarray(0, 1);
      controller.abort(reason);
      signal?.throwIfAborted();
      throw new Error("was not told");
    },
  };
  const context = contextOf({ "one.example": stopping });
  await expect(pull(context, reference, { signal: controller.signal })).rejects.toBe(reason);
});
