import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { hasProgram } from "@blob/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { blobOf, chunksOf, collect } from "../testing/bytes.js";
import type { LayoutFixture } from "../testing/layout-fixture.js";
import { createLayoutFixture, listed, manifestOf, pushManifest } from "../testing/layout-fixture.js";

const places = ["oci-layout", "index.json", "blob", "manifest"] as const;
type Place = (typeof places)[number];

/** What can stand where a file should be, and neither ends nor answers. */
const things: Readonly<Record<string, (file: string) => Promise<void>>> = {
  "a directory": (file) => mkdir(file),
  "a link to /dev/zero": (file) => symlink("/dev/zero", file),
  "a link to itself": (file) => symlink(file, file),
  "a socket": async (file) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(file, resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  },
  ...(hasProgram("mkfifo") ? { "a FIFO": async (file: string) => void execFileSync("mkfifo", [file]) } : {}),
};
if (!hasProgram("mkfifo")) console.log("not shown here: a FIFO in a layout, which takes the program mkfifo");

const blob = blobOf("content");

async function replace(
  layout: LayoutFixture,
  place: Place,
  make: (file: string) => Promise<void>,
): Promise<void> {
  const { registry, file, manifest } = layout;
  await registry.pushBlob("", blob, () => chunksOf(blob.bytes));
  const digest = place === "blob" ? blob.digest : manifest.digest;
  const at = file(place === "blob" || place === "manifest" ? `blobs/sha256/${digest.slice(7)}` : place);
  await rm(at);
  await make(at);
}

describe.skipIf(!existsSync("/dev/zero"))("what is no regular file", () => {
  const cases = Object.keys(things).flatMap((name) => places.map((place) => [name, place] as const));
  test.each(cases)("%s instead of the %s is an error that names it, at once", async (name, place) => {
    const layout = await createLayoutFixture();
    const { registry, manifest } = layout;
    await replace(layout, place, things[name] ?? (async () => {}));
    const code = expect.stringMatching(/^(FileSystem|NotFound|Rejected)$/u) as string;
    const refused = { name: "RegistryError", code };
    if (place === "blob") {
      await expect(collect(registry.readBlob("", blob))).rejects.toMatchObject(refused);
      return;
    }
    await expect(registry.manifest("", "v1")).rejects.toMatchObject(refused);
    await expect(registry.resolve("", "v1")).rejects.toMatchObject(refused);
    if (place === "manifest") {
      expect(await listed(registry.referrers("", manifest.digest))).toEqual([]);
      return;
    }
    await expect(listed(registry.tags(""))).rejects.toMatchObject(refused);
    await expect(listed(registry.referrers("", manifest.digest))).rejects.toMatchObject(refused);
    const other = manifestOf({ annotations: { name: "another" } });
    await expect(pushManifest(registry, other, "v2")).rejects.toMatchObject(refused);
  });
});

test("links to regular files are followed: build tools make layouts of them", async () => {
  const layout = await createLayoutFixture();
  const { registry, file, putBlob, manifest } = layout;
  await replace(layout, "blob", async (at) => {
    await writeFile(file("elsewhere"), blob.bytes);
    await symlink(file("elsewhere"), at);
  });
  expect((await collect(registry.readBlob("", blob))).toString()).toBe("content");
  await putBlob(manifest);
  expect((await registry.manifest("", "v1")).descriptor.digest).toBe(manifest.digest);
});

test.each(["oci-layout", "index.json"])("a huge %s is refused before it is read", async (name) => {
  const { registry, file } = await createLayoutFixture();
  await truncate(file(name), 1024 ** 4);
  await expect(registry.resolve("", "v1")).rejects.toMatchObject({
    code: "SizeExceeded",
    message: expect.stringContaining(name) as string,
  });
});

test("a huge manifest is refused before it is read", async () => {
  const { registry, manifest, file, readEntries, writeEntries } = await createLayoutFixture();
  await truncate(file(`blobs/sha256/${manifest.digest.slice(7)}`), 1024 ** 4);
  await expect(registry.manifest("", "v1")).rejects.toMatchObject({ code: "DigestMismatch" });
  const [entry] = await readEntries();
  await writeEntries([{ ...(entry as object), size: 1024 ** 4 }]);
  await expect(registry.manifest("", "v1")).rejects.toMatchObject({ code: "SizeExceeded" });
  expect(await listed(registry.referrers("", manifest.digest))).toEqual([]);
});

test("reading an index stops when it is told to", async () => {
  const { registry, file } = await createLayoutFixture();
  await truncate(file("index.json"), 60 * 1024 ** 2);
  const reason = new Error("enough");
  const controller = new AbortController();
  const { signal } = controller;
  const tags = listed(registry.tags("", { signal }));
  const referrers = listed(registry.referrers("", blob.digest, { signal }));
  const resolving = registry.resolve("", "v1", { signal });
  controller.abort(reason);
  for (const result of await Promise.allSettled([tags, referrers, resolving])) {
    expect(result).toEqual({ status: "rejected", reason });
  }
});
