import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { CatalogRegistry } from "../catalog.js";
import { createLayoutRegistry } from "../layout/layout-registry.js";
import { createMemoryRegistry } from "../memory-registry.js";
import type { Registry } from "../registry.js";
import { blobOf, chunksOf } from "../testing/bytes.js";
import { manifestOf, manifestType } from "../testing/layout-fixture.js";
import type { RegistryServerOptions } from "./registry-server.js";
import { createRegistryServer } from "./registry-server.js";

async function start(
  registry: Registry,
  options: RegistryServerOptions,
): Promise<(path: string, method?: string) => Promise<Response>> {
  const server = await createRegistryServer(registry, options).listen();
  onTestFinished(() => server.close());
  return (where, method = "GET") => fetch(new URL(where, server.url), { method });
}

async function fill(registry: Registry, ...names: readonly string[]): Promise<void> {
  const config = blobOf("{}");
  for (const name of names) {
    await registry.pushBlob(name, config, () => chunksOf(config.bytes));
    await registry.pushManifest(name, { mediaType: manifestType, bytes: manifestOf().bytes }, { tag: "v1" });
  }
}

async function layouts(): Promise<{ readonly root: string; readonly registry: CatalogRegistry }> {
  const root = await mkdtemp(path.join(tmpdir(), "blob-test-"));
  onTestFinished(() => rm(root, { recursive: true }));
  return { root, registry: createLayoutRegistry(root) };
}

const catalogOf = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { repositories: unknown }).repositories;

test.each([
  ["memory", () => Promise.resolve(createMemoryRegistry())],
  ["layouts", async () => (await layouts()).registry],
])("repositories of %s are listed in order, in pages", async (_name, make) => {
  const registry = await make();
  const ask = await start(registry, { repositories: (options) => registry.repositories(options) });
  expect(await catalogOf(await ask("/v2/_catalog"))).toEqual([]);
  await fill(registry, "b", "a/b", "a", "a-b");
  expect(await catalogOf(await ask("/v2/_catalog"))).toEqual(["a", "a-b", "a/b", "b"]);
  const first = await ask("/v2/_catalog?n=3");
  expect(first.headers.get("link")).toBe('</v2/_catalog?n=3&last=a%2Fb>; rel="next"');
  expect(await catalogOf(first)).toEqual(["a", "a-b", "a/b"]);
  const second = await ask("/v2/_catalog?n=3&last=a%2Fb");
  expect([second.headers.get("link"), await catalogOf(second)]).toEqual([null, ["b"]]);
  expect((await ask("/v2/_catalog", "POST")).status).toBe(405);
});

test("only layouts are repositories, and links are not followed", async () => {
  const { root, registry } = await layouts();
  await fill(registry, "a/b");
  await mkdir(path.join(root, "Empty/x"), { recursive: true });
  await mkdir(path.join(root, "nothing"));
  await writeFile(path.join(root, "file"), "");
  await symlink("a", path.join(root, "link"));
  await symlink("..", path.join(root, "a/up"));
  const names: string[] = [];
  for await (const name of registry.repositories()) names.push(name);
  expect(names).toEqual(["a/b"]);
});

test("a server that is not told which repositories there are lists none", async () => {
  const ask = await start(createMemoryRegistry(), {});
  const response = await ask("/v2/_catalog");
  expect([response.status, await response.json()]).toEqual([
    404,
    { errors: [{ code: "UNSUPPORTED", message: expect.any(String) as string }] },
  ]);
});
