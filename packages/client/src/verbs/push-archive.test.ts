import { readdir } from "node:fs/promises";
import path from "node:path";
import type { Archive } from "@blob/format";
import type { OpenBody, Registry } from "@blob/registry";
import { createMemoryRegistry, RegistryError, sha256Digest } from "@blob/registry";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { emptyConfig } from "../manifest/image-manifest.js";
import type { ClientProgress } from "../progress.js";
import { push, pushArchive } from "./push.js";
import { archiveOf, contextOf } from "../testing/archive-context.js";

const host = "one.example";
const reference = `${host}/acme/site:v1`;

let memory: Registry;
let local: Archive;
/** What the registry was told to do, in the order in which it was done. */
let done: string[];

/** The registry, which takes down what it is told to do. */
function noting(more: Partial<Registry> = {}): Registry {
  return {
    ...memory,
    async pushBlob(repository, blob, open, options) {
      const pushed = await memory.pushBlob(repository, blob, open, options);
      done.push(`blob ${blob.digest}`);
      return pushed;
    },
    async pushManifest(repository, manifest, options) {
      const descriptor = await memory.pushManifest(repository, manifest, options);
      done.push(`manifest ${options?.tag ?? ""}`);
      return descriptor;
    },
    ...more,
  };
}

beforeEach(async () => {
  memory = createMemoryRegistry();
  local = await archiveOf({ "a.txt": "one", "b.txt": "two" });
  done = [];
});

const indexDigest = (): string => sha256Digest(local.index);
const dataDigest = (): string => `sha256:${Buffer.from(local.dataHash ?? []).toString("hex")}`;

describe("an archive", () => {
  test("is its blobs, then its manifest, then more tags for it", async () => {
    const context = contextOf({ [host]: noting() });
    const created = new Date("2026-01-02T03:04:05Z");
    const pushed = await pushArchive(context, reference, local, { tags: ["v2", "v3"], created });
    expect(pushed).toEqual({
      reference,
      descriptor: (await memory.manifest("acme/site", "v1")).descriptor,
      index: { digest: indexDigest(), size: local.index.length, pushed: "uploaded" },
      data: { digest: dataDigest(), size: 6, pushed: "uploaded" },
      tags: ["v1", "v2", "v3"],
      files: 2,
    });
    expect(done.slice(0, 3).toSorted()).toEqual(
      [`blob ${indexDigest()}`, `blob ${dataDigest()}`, `blob ${emptyConfig.digest}`].toSorted(),
    );
    expect(done.slice(3)).toEqual(["manifest v1", "manifest v2", "manifest v3"]);
    const { bytes } = await memory.manifest("acme/site", "v3");
    expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({
      annotations: { "org.opencontainers.image.created": "2026-01-02T03:04:05Z" },
    });
  });

  test("whose index does not say of which data it is, is refused before anything is sent", async () => {
    const nameless = { ...local, dataHash: undefined };
    const pushing = pushArchive(contextOf({ [host]: noting() }), reference, nameless);
    await expect(pushing).rejects.toMatchObject({ code: "InvalidArgument", reference });
    expect(done).toEqual([]);
  });

  test("is told how far it is: index and data, and nothing else", async () => {
    const said: ClientProgress[] = [];
    const pushBlob: Registry["pushBlob"] = async (repository, blob, open, options) => {
      for (const sent of [1, blob.size]) options?.onProgress?.(sent);
      return memory.pushBlob(repository, blob, open);
    };
    const context = contextOf({ [host]: noting({ pushBlob }) });
    await pushArchive(context, reference, local, { onProgress: (progress) => void said.push(progress) });
    const of = (stage: string, bytesTotal: number): object[] => [
      { stage, bytesDone: 1, bytesTotal },
      { stage, bytesDone: bytesTotal, bytesTotal },
    ];
    expect(said).toEqual([...of("pushing-index", local.index.length), ...of("pushing-data", 6)]);
    // Nobody has to listen.
    expect((await pushArchive(context, reference, local)).files).toBe(2);
  });
});

describe("what is read of an archive", () => {
  /** An archive whose data tells what becomes of its reader. */
  function telling(events: string[]): Archive {
    return {
      ...local,
      data: {
        ...local.data,
        async *read(range, options) {
          events.push(`opened ${range.offset} ${range.length}`);
          try {
            yield* local.data.read(range, options);
            yield* local.data.read(range, options);
          } finally {
            events.push("closed");
          }
        },
      },
    };
  }

  /** Takes the first bytes, and leaves the rest to whoever opened them. */
  async function firstOf(open: OpenBody): Promise<void> {
    await open()[Symbol.asyncIterator]().next();
  }

  test("is its data, from the start to the end", async () => {
    const events: string[] = [];
    const data = telling(events);
    await expect(pushArchive(contextOf({ [host]: memory }), reference, data)).rejects.toMatchObject({
      code: "DigestMismatch",
    });
    expect(events).toEqual(["opened 0 6", "closed"]);
  });

  test.each(["well", "badly"])(
    "has been closed when a push ends %s, though nobody read it to its end",
    async (how) => {
      const events: string[] = [];
      const pushBlob: Registry["pushBlob"] = async (repository, blob, open, options) => {
        if (blob.digest !== dataDigest()) return memory.pushBlob(repository, blob, open, options);
        await firstOf(open);
        await memory.pushBlob(repository, blob, () => local.data.read({ offset: 0, length: blob.size }));
        if (how === "badly") throw new RegistryError("Rejected", "not wanted");
        return "uploaded";
      };
      const pushing = pushArchive(contextOf({ [host]: noting({ pushBlob }) }), reference, telling(events));
      const ended = await pushing.then(
        () => "well",
        () => "badly",
      );
      expect(ended).toBe(how);
      expect(events).toEqual(["opened 0 6", "closed"]);
    },
  );
});

describe("when one of several uploads fails", () => {
  test("the others are told to stop, and no manifest is pushed", async () => {
    const stopped: string[] = [];
    const failure = new RegistryError("Rejected", "the index is not wanted");
    const pushBlob: Registry["pushBlob"] = async (_repository, blob, _open, { signal } = {}) => {
      if (blob.digest === indexDigest()) throw failure;
      await new Promise<void>((resolve) => {
        if (signal?.aborted !== false) resolve();
        else signal.addEventListener("abort", () => resolve());
      });
      stopped.push(blob.digest);
      throw signal?.reason;
    };
    const context = contextOf({ [host]: noting({ pushBlob }) });
    await expect(pushArchive(context, reference, local)).rejects.toBe(failure);
    expect(stopped.toSorted()).toEqual([dataDigest(), emptyConfig.digest].toSorted());
    expect(done).toEqual([]);
  });
});

describe("options reach the registry", () => {
  test("where it may mount from, and what stops it", async () => {
    const { signal } = new AbortController();
    const seen: unknown[] = [];
    const pushBlob: Registry["pushBlob"] = async (repository, blob, open, options) => {
      seen.push([options?.mountFrom, options?.signal?.aborted]);
      return memory.pushBlob(repository, blob, open);
    };
    const pushManifest: Registry["pushManifest"] = async (repository, manifest, options) => {
      seen.push([options?.tag, options?.signal === signal]);
      return memory.pushManifest(repository, manifest, options);
    };
    const context = contextOf({ [host]: noting({ pushBlob, pushManifest }) });
    await pushArchive(context, reference, local, { mountFrom: "acme/base", signal });
    const blob = ["acme/base", false];
    expect(seen).toEqual([blob, blob, blob, ["v1", true]]);
  });
});

describe("a directory", () => {
  test("is archived, pushed, and nothing of it is left behind", async () => {
    await using directory = await createTemporaryDirectory();
    const source = path.join(directory.path, "source");
    const temporaryDirectory = path.join(directory.path, "temporary");
    await writeTree(source, { "a.txt": "one", "b/c.txt": "three" });
    await writeTree(temporaryDirectory, { "not ours": "" });
    const pushed = await push(contextOf({ [host]: noting() }), reference, source, {
      temporaryDirectory,
      compression: "none",
      annotations: { team: "web" },
    });
    expect(pushed).toMatchObject({
      reference,
      files: 2,
      size: 8,
      skipped: [],
      modeBitsDropped: [],
      tags: ["v1"],
      data: { size: 8, pushed: "uploaded" },
    });
    expect(await readdir(temporaryDirectory)).toEqual(["not ours"]);
    const { bytes } = await memory.manifest("acme/site", "v1");
    expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({ annotations: { team: "web" } });
  });

  test("is not looked at when it could not be pushed anyway", async () => {
    const context = contextOf({ [host]: noting() });
    const nowhere = path.join("/nonexistent", "source");
    for (const options of [{ tags: ["-no"] }, { created: new Date("never") }]) {
      await expect(push(context, reference, nowhere, options)).rejects.toMatchObject({
        code: "InvalidArgument",
      });
      await expect(pushArchive(context, reference, local, options)).rejects.toMatchObject({
        code: "InvalidArgument",
      });
    }
    expect(done).toEqual([]);
  });
});
