import { createHash } from "node:crypto";
import { open, readdir, readlink, stat, utimes } from "node:fs/promises";
import { createConnection } from "node:net";
import { once } from "node:events";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { borrow } from "../borrowed-bytes.js";
import type { Registry } from "../registry.js";
import { createRegistryServer } from "../server/registry-server.js";
import { blobOf, chunksOf, collect, noise } from "../testing/bytes.js";
import { scratchDirectory } from "../testing/layout-fixture.js";
import { createLayoutRegistry } from "./layout-registry.js";
import { createProofs } from "./proofs.js";

/** Several chunks, and a part of one. */
const blob = blobOf(noise(2_345_678));

let directory: string;
let registry: Registry;
let file: string;

beforeEach(async () => {
  directory = await scratchDirectory();
  registry = createLayoutRegistry(directory);
  file = path.join(directory, "a/blobs/sha256", blob.digest.slice(7));
  await registry.pushBlob("a", blob, () => chunksOf(blob.bytes));
  // A time that a program can put back exactly.
  await utimes(file, 1_700_000_000, 1_700_000_000);
});
afterEach(() => vi.useRealTimers());

/** Writes into the file in place, and gives it back its size and times, as far as a program can. */
async function spoil(): Promise<void> {
  const handle = await open(file, "r+");
  await handle.write(Buffer.from("spoilt"), 0, 6, 1_000_000);
  await handle.close();
  await utimes(file, 1_700_000_000, 1_700_000_000);
}

function read(): Promise<Buffer> {
  return collect(registry.readBlob("a", blob));
}

/** As if the file had not been written to for so long. */
function later(ms: number): void {
  vi.useFakeTimers({ toFake: ["Date", "performance"], now: Date.now() + ms });
}

describe("a whole blob", () => {
  test("whose file was changed after it was read is found out, whatever its times say", async () => {
    later(60_000);
    for (let times = 0; times < 3; times += 1) expect((await read()).equals(blob.bytes)).toBe(true);
    await spoil();
    await expect(read()).rejects.toMatchObject({ code: "DigestMismatch" });
    await expect(read()).rejects.toMatchObject({ code: "DigestMismatch" });
  });

  test("whose file was just written is not taken for proved", async () => {
    const proofs = createProofs();
    const stats = await stat(file, { bigint: true });
    proofs.add(file, stats);
    expect(proofs.has(file, stats)).toBe(false);
    later(60_000);
    proofs.add(file, stats);
    expect(proofs.has(file, stats)).toBe(true);
    vi.advanceTimersByTime(11 * 60_000);
    expect(proofs.has(file, stats)).toBe(false);
  });

  test("that is changed while it is read does not end well", async () => {
    later(60_000);
    await read();
    let isSpoilt = false;
    const reading = async (): Promise<void> => {
      for await (const _ of registry.readBlob("a", blob)) {
        if (!isSpoilt) await spoil();
        isSpoilt = true;
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: "DigestMismatch" });
  });

  test("is never complete when it is not what its digest says", async () => {
    await spoil();
    let size = 0;
    const reading = async (): Promise<void> => {
      for await (const chunk of registry.readBlob("a", blob)) size += chunk.length;
    };
    await expect(reading()).rejects.toMatchObject({ code: "DigestMismatch" });
    expect(size).toBeLessThan(blob.size);
  });
});

describe("memory that is used again", () => {
  test("is only for those who ask for it: chunks can be kept", async () => {
    expect((await read()).equals(blob.bytes)).toBe(true);
    const hash = createHash("sha256");
    const buffers = new Set<ArrayBufferLike>();
    for await (const chunk of borrow(registry.readBlob("a", blob))) {
      hash.update(chunk);
      buffers.add(chunk.buffer);
    }
    expect(`sha256:${hash.digest("hex")}`).toBe(blob.digest);
    expect(buffers.size).toBe(2);
  });

  test("is not lent by a registry that does not do that", async () => {
    const wrapped: Registry = {
      ...registry,
      async *readBlob(...call) {
        yield* registry.readBlob(...call);
      },
    };
    const bytes = await collect(borrow(wrapped.readBlob("a", blob)));
    expect(bytes.equals(blob.bytes)).toBe(true);
  });
});

test("a server sends to slow and to many clients what the blob has, and lets go of files of those who leave", async () => {
  const server = await createRegistryServer(registry).listen();
  try {
    const whole = Array.from({ length: 8 }, async () => {
      const hash = createHash("sha256");
      const response = await fetch(`${server.url}/v2/a/blobs/${blob.digest}`);
      for await (const chunk of response.body ?? []) {
        hash.update(chunk);
        await new Promise(setImmediate);
      }
      return `sha256:${hash.digest("hex")}`;
    });
    expect(await Promise.all(whole)).toEqual(whole.map(() => blob.digest));
    // Large, so that the server has to wait for a client that does not read.
    const large = blobOf(noise(40_000_000, 2));
    await registry.pushBlob("a", large, () => chunksOf(large.bytes));
    for (let times = 0; times < 10; times += 1) {
      const socket = createConnection({ host: "127.0.0.1", port: Number(new URL(server.url).port) });
      socket.write(`GET /v2/a/blobs/${large.digest} HTTP/1.1\r\nhost: ${server.host}\r\n\r\n`);
      await once(socket, "readable");
      socket.destroy();
    }
    if (process.platform === "linux") await vi.waitFor(async () => expect(await openBlobs()).toBe(0));
  } finally {
    await server.close();
  }
});

/** How many files of this test are open. */
async function openBlobs(): Promise<number> {
  const links = await Promise.all(
    (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
  );
  return links.filter((link) => link.startsWith(directory)).length;
}
