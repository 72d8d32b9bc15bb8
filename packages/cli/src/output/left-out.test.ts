import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { expect, onTestFinished, test } from "vitest";
import { sha256Digest } from "@blob/registry";
import { collectLeftOut } from "./left-out.js";
import type { Output } from "./output.js";
import { runBlob } from "../testing/run-blob.js";

const imageType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";

test("what is left out is told at once to who asks for more, and kept up to a bound", () => {
  const told: string[] = [];
  const output = { detail: (line: string) => void told.push(line) } satisfies Partial<Output>;
  const { leftOut, onLeftOut } = collectLeftOut(output);
  for (let i = 0; i < 1500; i += 1) onLeftOut({ kind: "tag", name: `no tag ${String(i)}`, why: "of spaces" });
  expect(told[0]).toBe("left out: the tag no tag 0, because of spaces");
  expect(told).toHaveLength(1500);
  expect(leftOut).toHaveLength(1000);
  expect(leftOut[999]).toEqual({ kind: "tag", name: "no tag 999", why: "of spaces" });
});

test("an archive in an index is read beside what is odd in it, which -v tells", async () => {
  const directory = await createTemporaryDirectory();
  onTestFinished(() => directory.remove());
  const registry = await startTestRegistry();
  onTestFinished(() => registry.close());
  const env = { BLOB_PLAIN_HTTP: "1" };
  await writeTree(directory.path, { "a.txt": "hello" });
  const reference = `${registry.host}/acme/site:v1`;
  expect((await runBlob(["push", reference, directory.path], { env })).code).toBe(0);
  const { descriptor } = await registry.registry.manifest("acme/site", "v1");
  const manifests = [descriptor, { mediaType: imageType, digest: "md5:1", size: 7 }];
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }));
  const { manifest } = registry.registry;
  const served = await startTestRegistry({
    registry: {
      ...registry.registry,
      manifest: async (repository, name, options) =>
        name === "all"
          ? { descriptor: { ...descriptor, mediaType: indexType, digest: sha256Digest(bytes) }, bytes }
          : manifest(repository, name, options),
    },
  });
  onTestFinished(() => served.close());
  const there = `${served.host}/acme/site:all`;
  const quiet = await runBlob(["ls", there], { env });
  expect(quiet).toEqual({ code: 0, stdout: "a.txt\n", stderr: "" });
  const told = await runBlob(["ls", "-v", there], { env });
  expect(told.stderr).toMatch(/^left out: the descriptor .*md5:1.*, because it is not a valid descriptor$/mu);
});
