import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ZstdEncoder } from "@blob/format";
import { createNodeZstd } from "@blob/format/node";
import { startTestRegistry, writeTree } from "@blob/testing";
import { expect, onTestFinished, test } from "vitest";
import { createClient } from "../index.js";

test.each([
  ["small.txt", 10_000],
  ["large.txt", 9_000_000],
])("an archive with a wrong frame of %s is not pushed, nor is anything left of it", async (name, size) => {
  const directory = await mkdtemp(path.join(tmpdir(), "blob-proof-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const source = path.join(directory, "source");
  const temporaryDirectory = path.join(directory, "temporary");
  await writeTree(source, { [name]: "a".repeat(size) });
  await mkdir(temporaryDirectory);
  const registry = await startTestRegistry();
  onTestFinished(() => registry.close());
  const client = createClient({ plainHttp: true });
  onTestFinished(() => client.close());

  const { encoder: honest } = await createNodeZstd();
  const encoder: ZstdEncoder = {
    name: "liar",
    compress: (content, level) => honest.compress(new Uint8Array(content.length), level),
  };
  const reference = `${registry.host}/acme/site:v1`;
  await expect(client.push(reference, source, { zstd: encoder, temporaryDirectory })).rejects.toMatchObject({
    code: "Compression",
    path: name,
  });
  expect(await readdir(temporaryDirectory)).toEqual([]);
  await expect(client.pull(reference)).rejects.toMatchObject({ code: "NotFound" });
  expect(registry.requests.filter(({ method }) => method !== "GET")).toEqual([]);
});
