import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createArchiveFiles } from "./files/index.js";
import type { ArchivePlace, Client, ClientOptions, Policy } from "./index.js";
import { createClient } from "./index.js";

const names = Array.from({ length: 50 }, (_, i) => `many/${String(i).padStart(2, "0")}.txt`);
const files: Readonly<Record<string, string>> = {
  ...Object.fromEntries(names.map((name) => [name, `content of ${name}\n`.repeat(20)])),
  "a.txt": "one",
  "empty.txt": "",
  "page.html": "<p>Hello</p>\n".repeat(5000),
};
const accepts: Policy = { name: "accepts", evaluate: () => Promise.resolve({ ok: true }) };
let directory = "";
let registry: TestRegistry;
let places: Readonly<Record<string, ArchivePlace>> = {};
const clients: Client[] = [];

function newClient(options: ClientOptions = {}): Client {
  const client = createClient({ plainHttp: true, ...options });
  clients.push(client);
  return client;
}

/** The ranges of blobs that were asked for. */
function ranges(): readonly string[] {
  return registry.requests.splice(0).flatMap(({ headers }) => headers["range"] ?? []);
}

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-places-"));
  const source = path.join(directory, "source");
  await writeTree(source, files);
  registry = await startTestRegistry();
  const local = path.join(directory, "local");
  await createArchiveFiles(source, local);
  places = {
    registry: `${registry.host}/acme/site:v1`,
    layout: `oci:${path.join(directory, "layout")}:v1`,
    "a local archive": `file:${local}`,
    "two files": { index: path.join(local, "index.blob"), data: path.join(local, "data.blob") },
  };
  const client = newClient();
  for (const name of ["registry", "layout"]) await client.push(textAt(name), source);
});

afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

beforeEach(() => void registry.requests.splice(0));

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

const everywhere = ["registry", "layout", "a local archive", "two files"] as const;

function placeOf(name: string): ArchivePlace {
  const place = places[name];
  if (place === undefined) throw new Error(`there is no place ${name}`);
  return place;
}

function textAt(name: string): string {
  const place = placeOf(name);
  if (typeof place !== "string") throw new Error(`${name} has no text`);
  return place;
}

describe.each(everywhere)("%s", (name) => {
  const isLocal = name === "a local archive" || name === "two files";

  test("open reads it", async () => {
    await using archive = await newClient().open(placeOf(name));
    expect(archive.entryCount).toBe(Object.keys(files).length);
    expect(await archive.readFile("a.txt", "utf8")).toBe("one");
    const streamed: Uint8Array[] = [];
    for await (const chunk of archive.stream("many/07.txt")) streamed.push(chunk);
    expect(Buffer.concat(streamed).toString()).toBe(files["many/07.txt"]);
    expect(archive.manifest === undefined).toBe(isLocal);
    // Callers without types get no bytes in place of the text that they wanted.
    const latin1 = "latin1" as "utf8";
    await expect(archive.readFile("a.txt", latin1)).rejects.toMatchObject({ code: "InvalidArgument" });
  });

  test("extract, sync and diff take it", async () => {
    const client = newClient();
    const destination = await mkdtemp(path.join(directory, "out-"));
    const extracted = await client.extract(placeOf(name), destination, { directory: "many" });
    expect(extracted).toMatchObject({ files: names.length });
    expect(extracted.digest === undefined).toBe(isLocal);
    expect(await readdir(destination)).toEqual(["many"]);
    expect(await client.diffDirectory(placeOf(name), destination)).toMatchObject({
      removed: ["a.txt", "empty.txt", "page.html"],
    });
    expect(await client.sync(placeOf(name), destination)).toMatchObject({
      written: ["a.txt", "empty.txt", "page.html"],
    });
    expect(await readFile(path.join(destination, "a.txt"), "utf8")).toBe("one");
    expect(await client.diff(placeOf(name), placeOf("registry"))).toMatchObject({ added: [], removed: [] });
  });

  test("readFiles reads it, each file once, by the names that the caller has", async () => {
    const wanted = [...names, "/a.txt", "a.txt", "empty.txt", "a.txt"];
    const read = await newClient().readFiles(placeOf(name), wanted);
    expect([...read.keys()]).toEqual([...names, "/a.txt", "a.txt", "empty.txt"]);
    for (const [key, content] of read)
      expect(Buffer.from(content).toString()).toBe(files[key.replace(/^\//u, "")]);
  });

  test("inspect tells about it", async () => {
    const { archive, ...inspection } = await newClient().inspect(placeOf(name));
    expect(inspection).toMatchObject({ fileCount: Object.keys(files).length, compression: "zstd" });
    expect(inspection.digest === undefined).toBe(isLocal);
    expect(await inspection.attachments()).toEqual({ signatures: [], attestations: [] });
    await archive.close();
  });

  test("after close, of the archive or the client, nothing is read", async () => {
    const client = newClient();
    const closed = await client.open(placeOf(name));
    await closed.close();
    await expect(closed.readFile("a.txt")).rejects.toMatchObject({ code: "Closed" });
    const open = await client.open(placeOf(name));
    await client.close();
    await expect(open.readFile("a.txt")).rejects.toMatchObject({ code: "Closed" });
    await expect(client.open(placeOf(name))).rejects.toMatchObject({ code: "Closed" });
    expect(open.exists("a.txt")).toBe(true);
  });
});

describe("a local archive", () => {
  test("is refused when a policy would have to accept it", async () => {
    for (const name of ["a local archive", "two files"]) {
      const place = placeOf(name);
      const wanted = { code: "InvalidArgument" };
      await expect(newClient().open(place, { policies: [accepts] })).rejects.toMatchObject(wanted);
      const strict = newClient({ policies: [accepts] });
      await expect(strict.open(place)).rejects.toMatchObject(wanted);
      await expect(strict.readFiles(place, ["a.txt"])).rejects.toMatchObject(wanted);
      await expect(strict.inspect(place)).rejects.toMatchObject(wanted);
      const out = path.join(directory, "refused");
      await expect(strict.extract(place, out)).rejects.toMatchObject(wanted);
      await expect(strict.sync(place, out)).rejects.toMatchObject(wanted);
      await expect(readdir(out)).rejects.toMatchObject({ code: "ENOENT" });
    }
  });

  test("has no manifest: verbs about one say so", async () => {
    const client = newClient();
    const place = textAt("a local archive");
    const wanted = { code: "InvalidReference", message: expect.stringContaining("push it first") };
    await expect(client.pull(place)).rejects.toMatchObject(wanted);
    await expect(client.resolve(place)).rejects.toMatchObject(wanted);
    await expect(client.copy(place, "oci:elsewhere:v1")).rejects.toMatchObject(wanted);
  });
});

describe("an archive that is open", () => {
  test("is what verbs read, and stays open", async () => {
    const client = newClient();
    const archive = await client.open(placeOf("registry"));
    registry.requests.splice(0);
    const destination = await mkdtemp(path.join(directory, "out-"));
    expect(await client.extract(archive, destination, { paths: ["a.txt"] })).toMatchObject({
      files: 1,
      reference: placeOf("registry"),
    });
    await client.readFiles(archive, ["a.txt"]);
    expect(registry.requests).toHaveLength(2);
    expect(await archive.readFile("a.txt", "utf8")).toBe("one");
  });

  test("cannot be asked about any more", async () => {
    const client = newClient();
    const archive = await client.open(placeOf("registry"));
    await expect(client.readFiles(archive, ["a.txt"], { policies: [accepts] })).rejects.toMatchObject({
      code: "InvalidArgument",
    });
  });
});

describe("readFiles", () => {
  test("fetches neighbours with one request, which is no more than their bytes", async () => {
    const client = newClient();
    await using archive = await client.open(placeOf("registry"));
    ranges();
    await client.readFiles(archive, names);
    const [range, ...more] = ranges();
    expect(more).toEqual([]);
    const [, from, to] = /^bytes=(\d+)-(\d+)$/u.exec(range ?? "") ?? [];
    const stored = names.reduce((sum, name) => sum + (archive.entry(name)?.storedSize ?? 0), 0);
    expect(Number(to) - Number(from) + 1).toBe(stored);
  });

  test("with a content cache fetches only what it has not, and keeps that", async () => {
    const client = newClient({ cache: await mkdtemp(path.join(directory, "cache-")) });
    const place = placeOf("registry");
    await client.readFiles(place, names.slice(0, 10));
    ranges();
    await client.readFiles(place, names.slice(0, 10));
    expect(ranges()).toEqual([]);
    await client.readFiles(place, names.slice(0, 11));
    expect(ranges()).toHaveLength(1);
  });

  test("names every path that is no file, before it reads", async () => {
    const client = newClient();
    const read = client.readFiles(placeOf("registry"), ["a.txt", "nothing", "many"]);
    await expect(read).rejects.toMatchObject({
      code: "NotFound",
      message: expect.stringMatching(/"nothing", "many"/u),
    });
    expect(ranges()).toEqual([]);
  });

  test("reads no more than the caller has room for", async () => {
    const read = newClient().readFiles(placeOf("registry"), names, { maxTotalBytes: 1000 });
    await expect(read).rejects.toMatchObject({
      code: expect.stringMatching(/^Size/u),
      message: expect.stringContaining("maxTotalBytes"),
    });
    expect(ranges()).toEqual([]);
  });

  test("gives no content that is not what the index promises", async () => {
    const local = await mkdtemp(path.join(directory, "damaged-"));
    const source = path.join(directory, "source");
    await createArchiveFiles(source, local, { compression: "none" });
    const data = await readFile(path.join(local, "data.blob"));
    data[data.length - 1] = 0;
    await writeTree(local, { "data.blob": data });
    const read = newClient().readFiles(`file:${local}`, [...names, "page.html"]);
    await expect(read).rejects.toMatchObject({ code: "HashMismatch" });
  });
});
