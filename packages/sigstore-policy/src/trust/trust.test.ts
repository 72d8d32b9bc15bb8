import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isPolicyError, trustedRootBytes, trustedRootFile, trustedRootTuf } from "../index.js";
import { canonicalJson } from "../sigstore-server/canonical-json.js";

const golden = await readFile(new URL("../../fixtures/trusted_root.json", import.meta.url));
const closing: (() => unknown)[] = [];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "blob-trust-"));
  closing.push(() => rm(folder, { recursive: true }));
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

interface Repository {
  readonly url: string;
  readonly root: Uint8Array;
  /** Paths that were asked for. */
  readonly requests: string[];
  readonly files: Map<string, Uint8Array>;
  publish(content: Uint8Array, version: number, expires?: string): void;
}

const later = "2999-01-01T00:00:00Z";

/** A small TUF repository with one key, served over a loopback port. */
async function startRepository(): Promise<Repository> {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const key = { keytype: "ed25519", scheme: "ed25519", keyval: { public: raw.toString("hex") } };
  const keyid = createHash("sha256").update(canonicalJson(key)).digest("hex");
  const metadata = (type: string, version: number, expires: string, content: object): Buffer => {
    const signed = { _type: type, spec_version: "1.0.31", version, expires, ...content };
    const sig = sign(null, Buffer.from(canonicalJson(signed)), privateKey).toString("hex");
    return Buffer.from(JSON.stringify({ signed, signatures: [{ keyid, sig }] }));
  };
  const role = { keyids: [keyid], threshold: 1 };
  const roles = { root: role, timestamp: role, snapshot: role, targets: role };
  const root = metadata("root", 1, later, { consistent_snapshot: true, keys: { [keyid]: key }, roles });
  const files = new Map<string, Uint8Array>();
  const requests: string[] = [];
  const server = createServer(({ url = "" }, response) => {
    requests.push(url);
    const file = files.get(url);
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/repo`,
    root,
    requests,
    files,
    publish(content, version, expires = later) {
      const sha256 = createHash("sha256").update(content).digest("hex");
      const target = { length: content.length, hashes: { sha256 } };
      files.set(`/repo/targets/${sha256}.trusted_root.json`, content);
      files.set(
        `/repo/${version}.targets.json`,
        metadata("targets", version, expires, { targets: { "trusted_root.json": target } }),
      );
      files.set(
        `/repo/${version}.snapshot.json`,
        metadata("snapshot", version, expires, { meta: { "targets.json": { version } } }),
      );
      files.set(
        "/repo/timestamp.json",
        metadata("timestamp", version, expires, { meta: { "snapshot.json": { version } } }),
      );
    },
  };
}

describe("TUF", () => {
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

  test("offline, an empty cache is an error that says so, and nothing is asked", async () => {
    const mirror = await startRepository();
    mirror.publish(golden, 1);
    const source = trustedRootTuf({ cacheDirectory: folder, mirror, offline: true });
    await expect(source.load()).rejects.toThrow("is not in the cache");
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

  test.each<[string, (mirror: Repository) => void]>([
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
