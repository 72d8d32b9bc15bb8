import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { SkippedMirror } from "@blob/registry";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Client, ClientOptions } from "./client.js";
import { createClient } from "./create-client.js";
import type { HostOptions } from "./host-options.js";

let origin: TestRegistry;
let mirror: TestRegistry;
let directory: TemporaryDirectory;
let reference: string;
let data: string;
const skipped: SkippedMirror[] = [];
const clients: Client[] = [];
const files = { "a.txt": "text of a ".repeat(100), "b/c.txt": "text of c ".repeat(200) };

beforeEach(async () => {
  origin = await startTestRegistry();
  mirror = await startTestRegistry();
  directory = await createTemporaryDirectory();
  reference = `${origin.host}/acme/site:v1`;
  const source = path.join(directory.path, "source");
  await writeTree(source, files);
  const plain = open({ hosts: undefined });
  const pushed = await plain.push(reference, source);
  data = (await plain.fetch(reference)).data.digest;
  await plain.copy(reference, `${mirror.host}/acme/site:v1`);
  expect(pushed.descriptor.digest).toMatch(/^sha256:/u);
  origin.requests.splice(0);
  mirror.requests.splice(0);
});

afterEach(async () => {
  skipped.splice(0);
  for (const client of clients.splice(0)) await client.close();
  await Promise.all([origin.close(), mirror.close(), directory.remove()]);
});

function open(options: ClientOptions = {}): Client {
  const mirrors = (host: string): HostOptions | undefined =>
    host === origin.host ? { mirrors: [{ host: mirror.host }] } : undefined;
  const onSkippedMirror = (one: SkippedMirror): void => void skipped.push(one);
  const client = createClient({ plainHttp: true, hosts: mirrors, onSkippedMirror, ...options });
  clients.push(client);
  return client;
}

const pathsOf = ({ requests }: TestRegistry): readonly string[] =>
  requests.map(({ method, path: asked }) => `${method} ${asked.replace(/sha256:.*/u, "DIGEST")}`);

test("the tag is asked for at the registry, and all that has a digest at the mirror: not one request more", async () => {
  const archive = await open().pull(reference);
  expect(await archive.readFile("a.txt", "utf8")).toBe(files["a.txt"]);
  expect(pathsOf(origin)).toEqual(["GET /v2/acme/site/manifests/v1"]);
  expect(pathsOf(mirror)).toEqual(["GET /v2/acme/site/blobs/DIGEST", "GET /v2/acme/site/blobs/DIGEST"]);
});

test("a file of which a mirror sent wrong bytes is read again from the registry", async () => {
  mirror.damage(data);
  const client = open();
  const archive = await client.pull(reference);
  expect(await archive.readFile("a.txt", "utf8")).toBe(files["a.txt"]);
  expect(skipped.map(({ restMs }) => restMs)).toEqual([Infinity]);
  const read = await client.readFiles(reference, ["a.txt", "b/c.txt"]);
  expect(Buffer.from(read.get("b/c.txt") ?? []).toString()).toBe(files["b/c.txt"]);
});

test("a directory of which a mirror sent wrong bytes is extracted from the registry", async () => {
  mirror.damage(data);
  const target = path.join(directory.path, "target");
  const result = await open().extract(reference, target);
  expect(result.skipped).toEqual([]);
  expect(await readFile(path.join(target, "a.txt"), "utf8")).toBe(files["a.txt"]);
  expect(skipped.map(({ mirror: name }) => name)).toEqual([mirror.host]);
});

test("so is one that is brought up to date", async () => {
  mirror.damage(data);
  const target = path.join(directory.path, "target");
  await open().sync(reference, target);
  expect(await readFile(path.join(target, "b/c.txt"), "utf8")).toBe(files["b/c.txt"]);
});

test("where files of the user are, wrong bytes are an error, and nothing of theirs is lost", async () => {
  mirror.damage(data);
  const target = path.join(directory.path, "target");
  await mkdir(target);
  await writeFile(path.join(target, "b"), "mine");
  await expect(open().extract(reference, target)).rejects.toMatchObject({ name: "FormatError" });
  expect(await readFile(path.join(target, "b"), "utf8")).toBe("mine");
});

test("a push goes to the registry alone", async () => {
  await open().push(`${origin.host}/acme/other:v1`, path.join(directory.path, "source"));
  expect(mirror.requests).toEqual([]);
});

test("a repository that is blocked is not reached", async () => {
  const blocked = (repository: string): string | undefined =>
    repository === "acme/site" ? "acme/site is blocked by a test" : undefined;
  const client = open({ hosts: () => ({ blocked }) });
  await expect(client.pull(reference)).rejects.toMatchObject({
    code: "InvalidArgument",
    message: "acme/site is blocked by a test",
  });
  expect(origin.requests).toEqual([]);
});
