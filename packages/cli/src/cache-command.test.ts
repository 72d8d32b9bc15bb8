// The caches are looked after by commands that do not know who filled them: what is kept under the keys of trust domains
// has to be counted, verified, pruned and cleared like everything else.
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, startTcpFront, startTestRegistry, writeTree } from "@blob/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runBlob } from "./testing/run-blob.js";

const tls = (name: string): string => path.join(import.meta.dirname, "../../registry/fixtures/tls", name);

interface Status {
  readonly caches: readonly { readonly name: string; readonly size: number; readonly files: number }[];
  readonly total_size: number;
  readonly total_files: number;
}

interface Verified {
  readonly caches: readonly {
    readonly name: string;
    readonly good: number;
    readonly bad: readonly string[];
  }[];
  readonly total_good: number;
  readonly total_deleted: number;
}

const closing: (() => unknown)[] = [];
let directory: TemporaryDirectory;
let registry: TestRegistry;
/** The ways to read the same archive: each vouches for what it said by itself. */
let ways: readonly (readonly string[])[];
const large = randomBytes(400_000);

beforeEach(async () => {
  directory = await createTemporaryDirectory();
  closing.push(() => directory.remove());
  const source = path.join(directory.path, "source");
  await writeTree(source, { "a.txt": "hello\n", "large.bin": large });
  registry = await startTestRegistry();
  closing.push(() => registry.close());
  const front = await startTcpFront(registry.host, {
    tls: { cert: readFileSync(tls("server.pem")), key: readFileSync(tls("server.key")) },
  });
  closing.push(() => front.close());
  const secure = front.host;
  const reference = (host: string): string => `${host}/acme/site:v1`;
  expect((await runBlob(["push", "-c", "none", "--plain-http", reference(registry.host), source])).code).toBe(
    0,
  );
  ways = [
    [reference(registry.host), "--plain-http"],
    [reference(secure), "--insecure"],
    [reference(secure), "--ca-file", tls("ca.pem")],
  ];
  for (const way of ways) await readBy(way);
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const home = (): string => path.join(directory.path, "home");

async function blob(...argv: readonly string[]): Promise<string> {
  const ran = await runBlob(argv, { homeDirectory: home() });
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  return ran.stdout;
}

async function json<T>(...argv: readonly string[]): Promise<T> {
  return JSON.parse(await blob(...argv, "--output", "json")) as T;
}

const filesOf = ({ caches }: Status): Record<string, number> =>
  Object.fromEntries(caches.map(({ name, files }) => [name, files]));

/** One small file whole, and a range of a large one. */
async function readBy([reference = "", ...flags]: readonly string[]): Promise<void> {
  expect(await blob("cat", reference, "a.txt", ...flags)).toBe("hello\n");
  const range = Buffer.from(await blob("cat", "--range", "100000-100009", reference, "large.bin", ...flags));
  expect(range.toString()).toBe(large.subarray(100_000, 100_010).toString());
}

/** The files of a cache, and when each was used. */
function entriesOf(name: string): string[] {
  return readdirSync(path.join(home(), ".cache/blob", name), { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && !/[/\\]\.tmp$/u.test(entry.parentPath) && !entry.name.startsWith("."),
    )
    .map((entry) => path.join(entry.parentPath, entry.name));
}

test("status counts what each way to a registry left, once by digest and once a way otherwise", async () => {
  const status = await json<Status>("cache", "status");
  const files = filesOf(status);
  expect(files).toMatchObject({ manifests: 1, indexes: 1, content: 1 });
  expect(files["refs"]).toBeGreaterThanOrEqual(ways.length);
  expect(files["blocks"]).toBeGreaterThanOrEqual(ways.length);
  expect(status.total_files).toBe(Object.values(files).reduce((all, one) => all + one, 0));
  for (const [name, count] of Object.entries(files)) expect(entriesOf(name)).toHaveLength(count);
  expect(await blob("cache", "status")).toContain(`refs:      `);
});

test("verify takes all of it for good, and nothing is asked for afterwards", async () => {
  const { total_files } = await json<Status>("cache", "status");
  const verified = await json<Verified>("cache", "verify");
  expect(verified).toMatchObject({ total_good: total_files, total_deleted: 0 });
  registry.requests.splice(0);
  for (const way of ways) await readBy(way);
  expect(registry.requests).toEqual([]);
});

test.each(["refs", "blocks"])("verify finds a damaged entry of %s, whoever it is of", async (name) => {
  const { total_files } = await json<Status>("cache", "status");
  for (const file of entriesOf(name)) {
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const verified = await json<Verified>("cache", "verify");
    expect(verified).toMatchObject({ total_deleted: 1 });
    expect(verified.caches.find((cache) => cache.name === name)?.bad).toHaveLength(1);
  }
  const after = await json<Verified>("cache", "verify");
  expect(after).toMatchObject({ total_deleted: 0 });
  expect(after.total_good).toBeLessThan(total_files);
  // What is gone is asked for again.
  for (const way of ways) await readBy(way);
  expect(filesOf(await json<Status>("cache", "status"))[name]).toBeGreaterThanOrEqual(ways.length);
});

test("an entry of one way, put in the place of another's, is damaged", async () => {
  const [first = "", second = ""] = entriesOf("refs");
  writeFileSync(second, readFileSync(first));
  expect(await json<Verified>("cache", "verify")).toMatchObject({ total_deleted: 1 });
});

test("prune takes what was not used for longest, of all ways alike", async () => {
  const before = await json<Status>("cache", "status");
  const [oldest = "", ...others] = entriesOf("blocks");
  utimesSync(oldest, 1000, 1000);
  await blob("cache", "prune", "--max-size", String(before.total_size - 1));
  expect(entriesOf("blocks").toSorted()).toEqual(others.toSorted());
  await blob("cache", "prune", "--max-size", "100000");
  const after = await json<Status>("cache", "status");
  expect(after.total_size).toBeLessThanOrEqual(100_000);
  expect(after.total_size).toBeGreaterThan(0);
  await blob("cache", "prune", "--max-size", "0B");
  expect(await json<Status>("cache", "status")).toMatchObject({ total_size: 0, total_files: 0 });
  for (const way of ways) await readBy(way);
});

test.each(["refs", "manifests", "indexes", "content", "blocks"])(
  "clear empties %s, and nothing else",
  async (name) => {
    const before = filesOf(await json<Status>("cache", "status"));
    expect(await json<{ total_files_cleared: number }>("cache", "clear", name, "--force")).toMatchObject({
      cleared: [name],
      total_files_cleared: before[name],
    });
    expect(filesOf(await json<Status>("cache", "status"))).toEqual({ ...before, [name]: 0 });
    for (const way of ways) await readBy(way);
    expect(filesOf(await json<Status>("cache", "status"))[name]).toBeGreaterThan(0);
  },
);
