import path from "node:path";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createClient } from "./create-client.js";

let registry: TestRegistry;
let directory: TemporaryDirectory;
let reference: string;

beforeEach(async () => {
  registry = await startTestRegistry();
  directory = await createTemporaryDirectory();
  await writeTree(path.join(directory.path, "site"), { "a.txt": "a" });
  reference = `${registry.host}/acme/site:v1`;
});

afterEach(() => Promise.all([registry.close(), directory.remove()]));

test("a registry on this machine is pushed to and read without an option, and offline from the cache then", async () => {
  const cache = path.join(directory.path, "cache");
  await using client = createClient({ cache });
  await client.push(reference, path.join(directory.path, "site"));
  const archive = await client.pull(reference);
  expect(await archive.readFile("a.txt", "utf8")).toBe("a");
  await client.close();
  await using offline = createClient({ cache, offline: true });
  expect(await (await offline.pull(reference)).readFile("a.txt", "utf8")).toBe("a");
});

test("what came so is not what TLS would have brought", async () => {
  const cache = path.join(directory.path, "cache");
  await using client = createClient({ cache });
  await client.push(reference, path.join(directory.path, "site"));
  await client.pull(reference);
  await client.close();
  await using strict = createClient({ cache, offline: true, plainHttp: false });
  await expect(strict.pull(reference)).rejects.toMatchObject({ code: "Offline" });
});

test.each([
  ["false", false],
  ["a list of others", ["registry.example"]],
])("plainHttp: %s asks for TLS on this machine, too", async (_name, plainHttp) => {
  await using client = createClient({ plainHttp, http: { retry: { retries: 0 } } });
  await expect(client.pull(reference)).rejects.toMatchObject({
    code: "Network",
    message: expect.stringContaining("speaks no TLS"),
  });
  expect(registry.requests).toEqual([]);
});
