import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isPolicyError, trustedRootBytes, trustedRootFile, trustedRootTuf } from "../index.js";
import { startTufRepository } from "../testing/tuf-repository.js";
import type { TufRepository } from "../testing/tuf-repository.js";

const golden = await readFile(new URL("../../fixtures/trusted_root.json", import.meta.url));
const closing: (() => unknown)[] = [];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "blob-trust-"));
  closing.push(() => rm(folder, { recursive: true, force: true }));
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const unavailable = expect.objectContaining({ code: "TrustUnavailable" });

describe("a file", () => {
  test("is read once", async () => {
    const file = path.join(folder, "root.json");
    await writeFile(file, golden);
    const source = trustedRootFile(file);
    const bytes = await source.load();
    await rm(file);
    expect(Buffer.compare(bytes, golden)).toBe(0);
    expect(await source.load()).toBe(bytes);
  });

  test("that comes later is found later", async () => {
    const file = path.join(folder, "root.json");
    const source = trustedRootFile(file);
    await expect(source.load()).rejects.toThrow(unavailable);
    await writeFile(file, golden);
    expect((await source.load()).length).toBe(golden.length);
  });

  test.each(["", "{}", "[]", "null", "hello", '{"mediaType": "application/json"}', " ".repeat(5_000_000)])(
    "of another kind is refused (%#)",
    async (text) => {
      const file = path.join(folder, "root.json");
      await writeFile(file, text);
      await expect(trustedRootFile(file).load()).rejects.toThrow(unavailable);
      await expect(trustedRootBytes(Buffer.from(text)).load()).rejects.toThrow(unavailable);
    },
  );

  test("any bytes are refused with a typed error", async () => {
    const anything = fc.oneof(
      fc.uint8Array(),
      fc.json().map((json) => Buffer.from(json)),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (bytes) => {
        expect(
          isPolicyError(
            await trustedRootBytes(bytes)
              .load()
              .catch((error: unknown) => error),
          ),
        ).toBe(true);
      }),
    );
  });
});

async function startRepository(): Promise<TufRepository> {
  const repository = await startTufRepository();
  closing.push(() => repository.close());
  return repository;
}

describe("TUF", () => {
  const minute = 60_000;
  const day = 24 * 60 * 60 * 1000;

  test("a cold cache is filled, and a warm one takes no request", async () => {
    const mirror = await startRepository();
    mirror.publish(golden, 1);
    const options = { cacheDirectory: folder, mirror };
    expect(Buffer.compare(await trustedRootTuf(options).load(), golden)).toBe(0);
    expect(mirror.requests.length).toBe(5);
    expect(Buffer.compare(await trustedRootTuf(options).load(), golden)).toBe(0);
    expect(Buffer.compare(await trustedRootTuf({ ...options, offline: true }).load(), golden)).toBe(0);
    expect(mirror.requests.length).toBe(5);
  });

  test("loads at the same time share one update and one array", async () => {
    const mirror = await startRepository();
    mirror.publish(golden, 1);
    const source = trustedRootTuf({ cacheDirectory: folder, mirror });
    const [first, second] = await Promise.all([source.load(), source.load()]);
    expect(first).toBe(second);
    expect(mirror.requests.length).toBe(5);
  });

  test("after a day the mirror is asked again, and what is new is used", async () => {
    const mirror = await startRepository();
    mirror.publish(golden, 1);
    let time = Date.now();
    const source = trustedRootTuf({ cacheDirectory: folder, mirror, now: () => new Date(time) });
    const first = await source.load();
    time += day + 1;
    expect(await source.load()).toBe(first);
    expect(mirror.requests.length).toBeGreaterThan(5);
    const changed = Buffer.concat([golden, Buffer.from("\n")]);
    mirror.publish(changed, 2);
    time += day + 1;
    expect((await source.load()).length).toBe(changed.length);
  });

  test("within a day no process asks the mirror again, and within ten minutes none looks into its cache again", async () => {
    const mirror = await startRepository();
    mirror.publish(golden, 1);
    const began = Date.now();
    let time = began;
    const now = (): Date => new Date(time);
    const source = trustedRootTuf({ cacheDirectory: folder, mirror, now });
    const first = await source.load();
    time = began + day - minute;
    await trustedRootTuf({ cacheDirectory: folder, mirror, now }).load();
    expect(mirror.requests.length).toBe(5);

    await rm(folder, { recursive: true });
    time = began + 9 * minute;
    expect(await source.load()).toBe(first);
    expect(mirror.requests.length).toBe(5);
    time = began + 10 * minute;
    expect(await source.load()).toBe(first);
    expect(mirror.requests.length).toBeGreaterThan(5);
  });

  test("offline, an empty cache is an error that says so, and nothing is asked", async () => {
    const mirror = await startRepository();
    mirror.publish(golden, 1);
    const source = trustedRootTuf({ cacheDirectory: folder, mirror, offline: true });
    await expect(source.load()).rejects.toThrow(`is not in the cache ${folder}, or has expired there`);
    expect(mirror.requests).toEqual([]);
  });

  test.each([true, false])("expired metadata is refused (offline: %s)", async (offline) => {
    const mirror = await startRepository();
    mirror.publish(golden, 1);
    const options = { cacheDirectory: folder, mirror };
    await trustedRootTuf(options).load();
    mirror.publish(golden, offline ? 1 : 2, "2020-01-01T00:00:00Z");
    if (offline) {
      const [name = ""] = await readdir(folder);
      await writeFile(
        path.join(folder, name, "timestamp.json"),
        mirror.files.get("/repo/timestamp.json") ?? "",
      );
    }
    await expect(trustedRootTuf({ ...options, offline, maxAgeMs: 0 }).load()).rejects.toThrow(unavailable);
  });

  test.each<[string, (mirror: TufRepository) => void]>([
    ["an older version", (mirror) => mirror.publish(golden, 1)],
    [
      "a changed target",
      (mirror) => {
        mirror.publish(Buffer.concat([golden, Buffer.from(" ")]), 3);
        for (const name of mirror.files.keys()) {
          if (name.startsWith("/repo/targets/")) mirror.files.set(name, Buffer.from("{}"));
        }
      },
    ],
    ["a broken timestamp", (mirror) => mirror.files.set("/repo/timestamp.json", Buffer.from("{}"))],
    ["a large timestamp", (mirror) => mirror.files.set("/repo/timestamp.json", Buffer.alloc(1_000_000, " "))],
    ["nothing", (mirror) => mirror.files.clear()],
  ])("a mirror that gives %s is refused", async (_name, change) => {
    const mirror = await startRepository();
    mirror.publish(golden, 2);
    const options = { cacheDirectory: folder, mirror, maxAgeMs: 0 };
    await trustedRootTuf(options).load();
    change(mirror);
    await expect(trustedRootTuf(options).load()).rejects.toThrow(unavailable);
  });

  test("a mirror that cannot be used is no reason to say that the cache is empty", async () => {
    const mirror = await startRepository();
    const source = trustedRootTuf({ cacheDirectory: folder, mirror });
    await expect(source.load()).rejects.toThrow("could not be brought up to date");
  });

  test("metadata of another repository is refused, and its cache is not used", async () => {
    const mirror = await startRepository();
    mirror.publish(golden, 1);
    const { root } = await startRepository();
    await trustedRootTuf({ cacheDirectory: folder, mirror }).load();
    const source = trustedRootTuf({ cacheDirectory: folder, mirror: { url: mirror.url, root } });
    await expect(source.load()).rejects.toThrow(unavailable);
  });

  test("the public instance begins with the root that comes with the package", async () => {
    const source = trustedRootTuf({ cacheDirectory: folder, offline: true });
    await expect(source.load()).rejects.toThrow(
      "the trusted root of tuf-repo-cdn.sigstore.dev is not in the cache",
    );
    const [name = ""] = await readdir(folder);
    const root: unknown = JSON.parse(await readFile(path.join(folder, name, "root.json"), "utf8"));
    expect(root).toMatchObject({ signed: { _type: "root" } });
  });

  test("an abort ends a load with the signal's reason", async () => {
    const mirror = await startRepository();
    const source = trustedRootTuf({ cacheDirectory: folder, mirror });
    await expect(source.load({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });

  test.each(["http://tuf.example.com", "tuf.example.com", "file:///tmp"])("%s is no mirror", (url) => {
    expect(() => trustedRootTuf({ cacheDirectory: folder, mirror: { url, root: golden } })).toThrow(
      expect.objectContaining({ code: "InvalidPolicy" }),
    );
  });
});
