import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ZstdEncoder } from "@blob/format";
import { createNodeZstd } from "@blob/format/node";
import type { Registry } from "@blob/registry";
import { createMemoryRegistry } from "@blob/registry";
import type { TestRegistry } from "@blob/testing";
import { hasProgram, startDockerRegistry, startTestRegistry, writeTree } from "@blob/testing";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { ClientProgress } from "../progress.js";
import type { Client } from "../index.js";
import { createClient } from "../index.js";

const MiB = 1024 * 1024;
/** Large enough that a push asks what the repository has. */
const large = Object.fromEntries(
  ["a", "b", "c", "d", "e"].map((name) => [`${name}.bin`, randomBytes(3.5 * MiB)]),
);

let directory = "";
let source = "";
let registry: TestRegistry;
let client: Client;
let reference = "";
/** Where nothing can be spooled. */
let temporaryDirectory = "";

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-streaming-"));
  source = path.join(directory, "source");
  temporaryDirectory = path.join(directory, "missing");
  await writeTree(source, large);
  registry = await startTestRegistry();
  client = createClient({ plainHttp: true, http: { retry: { retries: 1 } } });
  reference = `${registry.host}/acme/site:v1`;
});

afterEach(async () => {
  await client.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

/** All since the last call, without names of sessions and queries. */
function requests(): string[] {
  return registry.requests
    .splice(0)
    .map(({ method, path: url }) =>
      `${method} ${url.replace("/v2/acme/site/", "")}`.replace(/\/uploads\/[0-9a-f-]{36}.*/u, "/uploads/ID"),
    );
}

/** Whether the bytes that are there are those of the directory. */
async function isPushed(to: string = reference): Promise<boolean> {
  const archive = await client.pull(to);
  for (const [name, bytes] of Object.entries(large)) {
    if (!Buffer.from(await archive.readFile(name)).equals(bytes)) return false;
  }
  return archive.entryCount >= Object.keys(large).length;
}

/** How far compressing was, at each step: it goes back when an archive is made again. */
function compressing(): {
  readonly onProgress: (step: ClientProgress) => void;
  readonly isMadeOnce: () => boolean;
} {
  const done: number[] = [];
  return {
    onProgress({ stage, bytesDone }) {
      if (stage === "compressing") done.push(bytesDone);
    },
    isMadeOnce: () => done.length > 0 && done.every((bytes, at) => bytes >= (done[at - 1] ?? 0)),
  };
}

const isOfBlob = (line: string): boolean => /^(?:PATCH|PUT) blobs/u.test(line);

describe("a push to an empty repository", () => {
  test("sends while it compresses, and needs no room on this disk", async () => {
    const steps: ClientProgress[] = [];
    const onProgress = (step: ClientProgress): void => void steps.push(step);
    const pushed = await client.push(reference, source, { temporaryDirectory, onProgress });
    expect(pushed.data.pushed).toBe("uploaded");
    const asked = requests();
    expect(asked.filter((line) => line.startsWith("PATCH"))).toEqual(["PATCH blobs/uploads/ID"]);
    expect(asked).not.toContain(`HEAD blobs/${pushed.data.digest}`);
    expect(asked.at(-1)).toBe("PUT manifests/v1");
    expect(asked.indexOf(`HEAD blobs/${pushed.index.digest}`)).toBeGreaterThan(
      asked.indexOf("PATCH blobs/uploads/ID"),
    );
    expect(steps.findLast(({ stage }) => stage === "pushing-data")).toMatchObject({
      bytesDone: pushed.data.size,
      bytesTotal: pushed.data.size,
    });
    expect(await isPushed()).toBe(true);
  });

  test("of little asks for nothing more, and needs no room either", async () => {
    await rm(source, { recursive: true });
    await writeTree(source, { "a.txt": "a" });
    const pushed = await client.push(reference, source, { temporaryDirectory });
    expect(pushed.data.pushed).toBe("uploaded");
    const asked = requests();
    expect(asked.filter((line) => /^(?:GET|PATCH)/u.test(line))).toEqual([]);
    expect(asked).toContain(`HEAD blobs/${pushed.data.digest}`);
  });

  test("gives the same archive as one that is spooled", async () => {
    const streamed = await client.push(reference, source, { compression: "none" });
    const spooled = await client.push(`oci:${path.join(directory, "layout")}:v1`, source, {
      compression: "none",
    });
    expect([streamed.data.digest, streamed.index.digest]).toEqual([
      spooled.data.digest,
      spooled.index.digest,
    ]);
    expect([streamed.files, streamed.size]).toEqual([spooled.files, spooled.size]);
  });
});

test("the index is sent while the registry still takes the last of the data", async () => {
  const memory = createMemoryRegistry();
  let indexIsThere = (): void => undefined;
  const untilIndex = new Promise<void>((resolve) => (indexIsThere = resolve));
  const slow: Registry = {
    ...memory,
    async pushBlob(repository, blob, open, options) {
      const pushed = await memory.pushBlob(repository, blob, open, options);
      indexIsThere();
      return pushed;
    },
    async streamBlob(repository, body) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body.open()) chunks.push(chunk);
      await untilIndex;
      await memory.pushBlob(repository, body.identify(), async function* () {
        yield* chunks;
      });
      return true;
    },
  };
  await using own = createClient({ registry: slow });
  const pushed = await own.push("one.example/acme/site:v1", source, { temporaryDirectory });
  expect([pushed.index.pushed, pushed.data.pushed]).toEqual(["uploaded", "uploaded"]);
});

describe("what the repository has", () => {
  test("is not sent again when nothing has changed", async () => {
    await client.push(reference, source);
    requests();
    const again = await client.push(reference, source);
    expect([again.index.pushed, again.data.pushed]).toEqual(["exists", "exists"]);
    expect(requests().filter(isOfBlob)).toEqual([]);
  });

  test("is found out about without making the archive again, and no spool is left", async () => {
    const spools = path.join(directory, "spools");
    await writeTree(spools, { ".keep": "" });
    await client.push(reference, source);
    const { onProgress, isMadeOnce } = compressing();
    const options = { temporaryDirectory: spools, compression: "none", onProgress } as const;
    const again = await client.push(reference, source, options);
    expect([again.index.pushed, again.data.pushed, isMadeOnce()]).toEqual(["exists", "exists", true]);
    expect(await readdir(spools)).toEqual([".keep"]);
  });

  test("is found in the directory's own temporary directory, too, which is not archived", async () => {
    const within = path.join(source, "b-tmp");
    await writeTree(within, { ".keep": "" });
    const first = await client.push(reference, source);
    const again = await client.push(reference, source, { temporaryDirectory: within });
    expect([again.data.pushed, again.files]).toEqual(["exists", first.files]);
    expect(await readdir(within)).toEqual([".keep"]);
  });

  test("is not sent again when only times have", async () => {
    await client.push(reference, source);
    for (const name of Object.keys(large)) await utimes(path.join(source, name), 1, 1);
    requests();
    const again = await client.push(reference, source);
    expect([again.index.pushed, again.data.pushed]).toEqual(["uploaded", "exists"]);
    expect(requests()).not.toContain("PATCH blobs/uploads/ID");
  });

  test("is not sent again under a new tag", async () => {
    await client.push(reference, source);
    requests();
    const again = await client.push(`${registry.host}/acme/site:v2`, source);
    expect(again.data.pushed).toBe("exists");
    expect(requests().filter(isOfBlob)).toEqual([]);
  });

  test("is mounted from another repository", async () => {
    await client.push(`${registry.host}/acme/base:v1`, source);
    const pushed = await client.push(reference, source, { mountFrom: "acme/base" });
    expect([pushed.index.pushed, pushed.data.pushed]).toEqual(["mounted", "mounted"]);
  });

  test("under the tag is of other files: then it is streamed, and spooled when only bytes have changed", async () => {
    await client.push(reference, source);
    await writeTree(source, { "a-new.bin": randomBytes(100) });
    requests();
    await client.push(reference, source, { temporaryDirectory });
    expect(requests()).toContain("PATCH blobs/uploads/ID");
    expect(await isPushed()).toBe(true);
    const { digest } = (await client.push(reference, source)).data;
    await writeTree(source, { "a-new.bin": randomBytes(100) });
    requests();
    const changed = await client.push(reference, source);
    expect(changed.data.digest).not.toBe(digest);
    expect(requests()).not.toContain("PATCH blobs/uploads/ID");
    expect(await isPushed()).toBe(true);
  });

  test("is something else, or cannot be read: then it is spooled", async () => {
    registry.quirks.fail = { status: 403, times: 1, path: /^GET .*manifests/u };
    const pushed = await client.push(reference, source);
    expect(pushed.data.pushed).toBe("uploaded");
    expect(requests()).not.toContain("PATCH blobs/uploads/ID");
  });
});

describe("a stream that does not work", () => {
  test.each([411, 416, 503])("because of %d becomes a spooled push", async (status) => {
    registry.quirks.fail = { status, times: 1, path: /^PATCH/u };
    const { onProgress, isMadeOnce } = compressing();
    const pushed = await client.push(reference, source, { compression: "none", onProgress });
    expect([pushed.data.pushed, isMadeOnce()]).toEqual(["uploaded", true]);
    expect(requests().filter((line) => line.startsWith("PATCH"))).toHaveLength(1);
    expect(await isPushed()).toBe(true);
  });

  // Of what was sent, the first 24 MiB are kept.
  test.each([
    [1, "goes on with what is kept"],
    [28, "is made again"],
  ])("because the registry breaks off after %d MiB %s", async (brokenMiB) => {
    await writeTree(source, { "f.bin": randomBytes(9 * MiB), "g.bin": randomBytes(9 * MiB) });
    // What comes later than its limit is refused while bytes still flow.
    const memory = createMemoryRegistry();
    const { createRegistryServer } = await import("@blob/registry/server");
    const { createServer } = await import("node:http");
    const honest = createRegistryServer(memory);
    let isBroken = false;
    const server = createServer((request, response) => {
      if (request.method !== "PATCH" || isBroken) {
        honest.listener(request, response);
        return;
      }
      let got = 0;
      request.on("data", (chunk: Buffer) => {
        got += chunk.length;
        if (got > brokenMiB * MiB && !isBroken) {
          isBroken = true;
          request.socket.destroy();
        }
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    onTestFinished(async () => {
      server.close();
      server.closeAllConnections();
      await honest.close();
    });
    const address = server.address();
    const to = `127.0.0.1:${typeof address === "object" ? (address?.port ?? 0) : 0}/acme/site:v1`;
    const { onProgress, isMadeOnce } = compressing();
    const pushed = await client.push(to, source, { compression: "none", onProgress });
    expect([isBroken, isMadeOnce()]).toEqual([true, brokenMiB < 24]);
    expect(pushed.data.pushed).toBe("uploaded");
    expect(await isPushed(to)).toBe(true);
  });
});

test("credentials that do not allow it are told before all is compressed", async () => {
  registry.quirks.fail = { status: 403, times: 1, path: /^POST/u };
  await expect(client.push(reference, source, { temporaryDirectory })).rejects.toMatchObject({
    code: "Forbidden",
  });
});

test("an archive that turns out wrong while it is sent is not pushed, and the registry keeps nothing", async () => {
  await writeTree(source, { "f.bin": randomBytes(3.5 * MiB), "g.bin": randomBytes(3.5 * MiB) });
  const { encoder: honest } = await createNodeZstd();
  let frames = 0;
  const encoder: ZstdEncoder = {
    name: "late liar",
    compress(content, level) {
      frames += 1;
      return honest.compress(frames > 6 ? new Uint8Array(content.length) : content, level);
    },
  };
  await expect(client.push(reference, source, { zstd: encoder, temporaryDirectory })).rejects.toMatchObject({
    code: "Compression",
  });
  const asked = requests();
  expect(asked).toContain("PATCH blobs/uploads/ID");
  expect(asked).toContain("DELETE blobs/uploads/ID");
  expect(asked.some((line) => line.startsWith("PUT"))).toBe(false);
});

test("an abort in the middle stops everything, and nothing is spooled", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const spools = path.join(directory, "spools");
  await writeTree(spools, { ".keep": "" });
  const pushing = client.push(reference, source, {
    temporaryDirectory: spools,
    compression: "none",
    signal: controller.signal,
    onProgress({ stage, bytesDone }) {
      if (stage === "compressing" && bytesDone > 16.5 * MiB) controller.abort(reason);
    },
  });
  await expect(pushing).rejects.toBe(reason);
  expect(await readdir(spools)).toEqual([".keep"]);
  expect(requests()).not.toContain("PUT manifests/v1");
});

test("an abort while it is spooled leaves no spool", async () => {
  await writeTree(source, { "f.bin": randomBytes(9 * MiB), "g.bin": randomBytes(9 * MiB) });
  await client.push(reference, source, { compression: "none" });
  requests();
  const controller = new AbortController();
  const reason = new Error("enough");
  const spools = path.join(directory, "spools");
  await writeTree(spools, { ".keep": "" });
  let seen: readonly string[] = [];
  const pushing = client.push(reference, source, {
    temporaryDirectory: spools,
    compression: "none",
    signal: controller.signal,
    onProgress({ stage }) {
      if (stage !== "compressing") return;
      seen = readdirSync(spools);
      if (seen.length > 1) controller.abort(reason);
    },
  });
  await expect(pushing).rejects.toBe(reason);
  expect(seen).toHaveLength(2);
  expect(await readdir(spools)).toEqual([".keep"]);
  expect(requests().some((line) => line.startsWith("PUT"))).toBe(false);
});

test.skipIf(!hasProgram("docker-registry"))("docker-registry gets what is in the directory", async () => {
  const docker = await startDockerRegistry();
  onTestFinished(() => docker.close());
  const to = `${docker.host}/acme/site:v1`;
  const pushed = await client.push(to, source, { temporaryDirectory });
  expect(pushed.data.pushed).toBe("uploaded");
  expect(await isPushed(to)).toBe(true);
  expect((await client.push(to, source)).data.pushed).toBe("exists");
});
