import { readdir, readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { blobOf } from "../testing/bytes.js";
import {
  createLayoutFixture,
  listed,
  manifestOf,
  manifestType,
  observeLeftOut,
  pushManifest,
  referrerOf,
  refName,
  scratchDirectory,
} from "../testing/layout-fixture.js";
import { updateLayoutIndex } from "./layout-index.js";
import { createLayoutRegistry } from "./layout-registry.js";

const { digest, size } = blobOf("whatever");
const good = { mediaType: manifestType, digest, size };

const odd: readonly (readonly [string, unknown, { kind: string; name: string; why: RegExp }])[] = [
  ["null", null, { kind: "descriptor", name: "an entry without a name", why: /not an object/u }],
  ["a text", "sha256:1", { kind: "descriptor", name: "sha256:1", why: /not an object/u }],
  ["a list", [good], { kind: "descriptor", name: "an entry without a name", why: /not an object/u }],
  ["nothing", {}, { kind: "descriptor", name: "an entry without a name", why: /mediaType/u }],
  ["a number as type", { ...good, mediaType: 5 }, { kind: "descriptor", name: digest, why: /mediaType/u }],
  [
    "no digest",
    { mediaType: manifestType, size },
    { kind: "descriptor", name: "an entry without a name", why: /digest/u },
  ],
  [
    "an unknown digest",
    { ...good, digest: "blake3:00" },
    { kind: "descriptor", name: "blake3:00", why: /digest/u },
  ],
  ["a size below zero", { ...good, size: -1 }, { kind: "descriptor", name: digest, why: /size/u }],
  ["a size in words", { ...good, size: "12" }, { kind: "descriptor", name: digest, why: /size/u }],
  ["a huge size", { ...good, size: 1e300 }, { kind: "descriptor", name: digest, why: /size/u }],
  [
    "no tag as tag",
    { ...good, annotations: { [refName]: "docker.io/library/x:v1" } },
    { kind: "tag", name: "docker.io/library/x:v1", why: /not a tag/u },
  ],
  [
    "a number as tag",
    { ...good, annotations: { [refName]: 7 } },
    { kind: "tag", name: digest, why: /not a tag/u },
  ],
];

describe.each(odd)("an entry of index.json that is %s", (_name, entry, expected) => {
  test("is left out, said, and hides nothing", async () => {
    const { registry, manifest, readEntries, writeEntries } = await createLayoutFixture();
    await pushManifest(registry, referrerOf(manifest, "a/b"));
    await writeEntries([entry, ...(await readEntries()), entry]);
    const { leftOut, onLeftOut } = observeLeftOut();
    const why = expect.stringMatching(expected.why) as string;
    const twice = [1, 2].map(() => ({ ...expected, why }));
    expect(await listed(registry.tags("", { onLeftOut }))).toEqual(["v1"]);
    expect(leftOut.splice(0)).toEqual(twice);
    expect((await registry.resolve("", "v1", { onLeftOut })).digest).toBe(manifest.digest);
    expect(leftOut.splice(0)).toEqual(twice);
    expect(await listed(registry.referrers("", manifest.digest, { onLeftOut }))).toHaveLength(1);
    expect(leftOut.splice(0)).toEqual(twice);
    expect(Buffer.compare((await registry.manifest("", "v1")).bytes, manifest.bytes)).toBe(0);
  });

  test("stays as it is when others are added, moved and deleted", async () => {
    const { registry, readEntries, writeEntries } = await createLayoutFixture();
    await writeEntries([entry, ...(await readEntries())]);
    await pushManifest(registry, manifestOf({ annotations: { name: "two" } }), "v2");
    await pushManifest(registry, manifestOf({ annotations: { name: "three" } }), "v1");
    await registry.deleteManifest("", "v2");
    expect((await readEntries())[0]).toEqual(entry);
    expect(await listed(registry.tags(""))).toEqual(["v1"]);
  });
});

test("a tag whose entry is no good is not just missing", async () => {
  const { registry, readEntries, writeEntries } = await createLayoutFixture();
  const entry = { ...good, size: -1, annotations: { [refName]: "v2" } };
  await writeEntries([entry, ...(await readEntries())]);
  await expect(registry.manifest("", "v2")).rejects.toMatchObject({
    code: "NotFound",
    message: expect.stringContaining("its size is not a number of bytes") as string,
  });
});

test("a manifest that has a bad tag is found by its digest, and gets another tag beside it", async () => {
  const { registry, manifest, readEntries, writeEntries } = await createLayoutFixture();
  const entry = { mediaType: manifestType, digest: manifest.digest, size: manifest.size };
  const named = { ...entry, annotations: { [refName]: "example.com/acme/site:v1" } };
  await writeEntries([named]);
  expect((await registry.manifest("", manifest.digest)).descriptor.digest).toBe(manifest.digest);
  await pushManifest(registry, manifest, "v2");
  expect(await readEntries()).toEqual([named, { ...entry, annotations: { [refName]: "v2" } }]);
});

test("what others wrote beside a manifest stays when it gets a tag, again, and loses it", async () => {
  const { registry, manifest, readEntries, writeEntries } = await createLayoutFixture();
  const entry = { mediaType: manifestType, digest: manifest.digest, size: manifest.size };
  const theirs = { ...entry, platform: { os: "linux" }, annotations: { "com.acme": "kept" } };
  await writeEntries([theirs]);
  const tagged = { ...theirs, annotations: { "com.acme": "kept", [refName]: "v2" } };
  for (let times = 0; times < 2; times += 1) {
    await pushManifest(registry, manifest, "v2");
    expect(await readEntries()).toEqual([tagged]);
  }
  await registry.deleteManifest("", "v2");
  expect(await readEntries()).toEqual([theirs]);
});

test("a list of manifests that is null is empty, as programs in Go write it", async () => {
  const { registry, file } = await createLayoutFixture();
  await writeFile(file("index.json"), '{"schemaVersion":2,"manifests":null}');
  expect(await listed(registry.tags(""))).toEqual([]);
  await pushManifest(registry, manifestOf(), "v3");
  expect(await listed(registry.tags(""))).toEqual(["v3"]);
});

test("a layout whose making ended between its two files is made to its end by the next push", async () => {
  const directory = await scratchDirectory();
  const ended = new Error("killed");
  const making = updateLayoutIndex(directory, () => {
    throw ended;
  });
  await expect(making).rejects.toBe(ended);
  // The other way round, what is there would be refused as something else than a layout.
  expect(await readdir(directory)).toEqual(["oci-layout"]);
  const registry = createLayoutRegistry(directory);
  await pushManifest(registry, manifestOf(), "v1");
  expect(await listed(registry.tags(""))).toEqual(["v1"]);
});

test("a manifest that the index names and the layout does not hold is not there, or not whole", async () => {
  const { registry, manifest, readEntries, writeEntries } = await createLayoutFixture();
  const missing = { ...good, annotations: { [refName]: "missing" } };
  const wrong = { ...good, digest: manifest.digest, annotations: { [refName]: "wrong" } };
  await writeEntries([...(await readEntries()), missing, wrong]);
  await expect(registry.resolve("", "missing")).rejects.toMatchObject({ code: "NotFound" });
  await expect(registry.resolve("", "wrong")).rejects.toMatchObject({ code: "DigestMismatch" });
});

test("an index of 130,000 manifests is read and written in one go", async () => {
  const { registry, manifest, readEntries, writeEntries } = await createLayoutFixture();
  const many = Array.from({ length: 130_000 }, (_, at) => {
    const hex = at.toString(16).padStart(64, "0");
    return { ...good, digest: `sha256:${hex}`, annotations: { [refName]: `t${String(at)}` } };
  });
  await writeEntries([...(await readEntries()), ...many]);
  expect(await listed(registry.tags(""))).toHaveLength(130_001);
  expect(await listed(registry.referrers("", manifest.digest))).toEqual([]);
  await pushManifest(registry, manifest, "v2");
  expect(await readEntries()).toHaveLength(130_002);
}, 300_000);

test("an index that is nested too deep to be written again is refused and kept", async () => {
  const { registry, file, manifest } = await createLayoutFixture();
  const content = `{"manifests":[${"[".repeat(100_000)}${"]".repeat(100_000)}]}`;
  await writeFile(file("index.json"), content);
  expect(await listed(registry.tags(""))).toEqual([]);
  await expect(pushManifest(registry, manifest, "v2")).rejects.toMatchObject({ code: "Rejected" });
  expect(await readFile(file("index.json"), "utf8")).toBe(content);
});

test.each([{ imageLayoutVersion: { toString: 1 } }, { imageLayoutVersion: 1 }, {}])(
  "a version that is none: %j",
  async (version) => {
    const { registry, file } = await createLayoutFixture();
    await writeFile(file("oci-layout"), JSON.stringify(version));
    await expect(registry.resolve("", "v1")).rejects.toMatchObject({ code: "Unsupported" });
  },
);
