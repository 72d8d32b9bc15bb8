import { describe, expect, test } from "vitest";
import type { TestBlob } from "../testing/bytes.js";
import { blobOf } from "../testing/bytes.js";
import type { LayoutFixture } from "../testing/layout-fixture.js";
import {
  createLayoutFixture,
  indexType,
  listed,
  manifestOf,
  manifestType,
  observeLeftOut,
  pushManifest,
  referrerOf,
  refName,
} from "../testing/layout-fixture.js";

const emptyType = "application/vnd.oci.empty.v1+json";

/** An index as it stands under a fallback tag: what it says of types and sizes is not to be believed. */
function indexOf(children: readonly unknown[]): TestBlob {
  return blobOf(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: children }));
}

function childOf({ digest }: TestBlob): object {
  return { mediaType: manifestType, digest, size: 99_999, artifactType: emptyType };
}

/** What `regctl image copy --referrers` writes: referrers are blobs, and only the index under the tag names them. */
async function putFallback(
  { manifest, putBlob, readEntries, writeEntries }: LayoutFixture,
  content: TestBlob,
  mediaType: string = indexType,
): Promise<void> {
  await putBlob(content);
  const annotations = { [refName]: manifest.digest.replace(":", "-") };
  const { digest, size } = content;
  await writeEntries([...(await readEntries()), { mediaType, digest, size, annotations }]);
}

describe("a fallback tag in a layout", () => {
  test("is read beside the layout's own way, each manifest once, by its own type and subject", async () => {
    const layout = await createLayoutFixture();
    const { registry, manifest, putBlob } = layout;
    const own = referrerOf(manifest, "a/own");
    await pushManifest(registry, own);
    const theirs = [referrerOf(manifest, "a/signature"), referrerOf(manifest, "a/sbom")];
    for (const one of theirs) await putBlob(one);
    await putFallback(layout, indexOf([own, ...theirs, ...theirs].map(childOf)));
    const { leftOut, onLeftOut } = observeLeftOut();
    const found = await listed(registry.referrers("", manifest.digest, { onLeftOut }));
    expect(found.map(({ artifactType, size }) => [artifactType, size])).toEqual([
      ["a/own", own.size],
      ...theirs.map(({ size }, at) => [at === 0 ? "a/signature" : "a/sbom", size]),
    ]);
    expect(found[1]?.annotations).toEqual({ name: "a/signature" });
    expect(leftOut).toEqual([]);
    const signatures = registry.referrers("", manifest.digest, { artifactType: "a/signature" });
    expect(await listed(signatures)).toHaveLength(1);
  });

  test("gives each manifest that was read to whoever wants it", async () => {
    const layout = await createLayoutFixture();
    const one = referrerOf(layout.manifest, "a/b");
    await layout.putBlob(one);
    await putFallback(layout, indexOf([childOf(one)]));
    const read: string[] = [];
    const onManifest = ({ bytes }: { bytes: Uint8Array }): void =>
      void read.push(Buffer.from(bytes).toString());
    await listed(layout.registry.referrers("", layout.manifest.digest, { onManifest }));
    expect(read).toEqual([one.bytes.toString()]);
  });

  test("with bad children has its good ones, and says which are bad", async () => {
    const layout = await createLayoutFixture();
    const { registry, manifest, putBlob } = layout;
    const good = referrerOf(manifest, "a/b");
    const missing = referrerOf(manifest, "a/missing");
    const other = referrerOf(manifestOf({ other: true }), "a/other");
    const damaged = referrerOf(manifest, "a/damaged");
    for (const one of [good, other]) await putBlob(one);
    await putBlob({ ...damaged, bytes: Buffer.from("x".repeat(damaged.size)) });
    const odd = { mediaType: manifestType, digest: "md5:00", size: 1 };
    await putFallback(layout, indexOf([odd, ...[missing, other, damaged, good].map(childOf), null]));
    const { leftOut, onLeftOut } = observeLeftOut();
    const found = await listed(registry.referrers("", manifest.digest, { onLeftOut }));
    expect(found.map(({ digest }) => digest)).toEqual([good.digest]);
    expect(leftOut.map(({ kind, name, why }) => `${kind} ${name}: ${why}`)).toEqual([
      "referrer md5:00: it has no digest that is known here",
      "referrer an entry without a name: it is not an object",
      `referrer ${missing.digest}: the layout does not hold it`,
      `referrer ${other.digest}: it does not refer to this manifest`,
      `referrer ${damaged.digest}: its bytes do not have its digest`,
    ]);
  });

  test.each([
    ["an image manifest", manifestOf({ layers: [] }), manifestType, "not an image index"],
    ["no JSON", blobOf("hello"), indexType, "not an image index"],
    [
      "an index without a list",
      blobOf(JSON.stringify({ mediaType: indexType })),
      indexType,
      "not an image index",
    ],
  ])("that leads to %s is no list of referrers, and is said", async (_name, content, mediaType, why) => {
    const layout = await createLayoutFixture();
    await pushManifest(layout.registry, referrerOf(layout.manifest, "a/own"));
    await putFallback(layout, content, mediaType);
    const { leftOut, onLeftOut } = observeLeftOut();
    const found = await listed(layout.registry.referrers("", layout.manifest.digest, { onLeftOut }));
    expect(found).toHaveLength(1);
    const name = layout.manifest.digest.replace(":", "-");
    expect(leftOut).toEqual([{ kind: "tag", name, why: expect.stringContaining(why) as string }]);
  });

  test("that leads to the manifest itself is none", async () => {
    const layout = await createLayoutFixture();
    await pushManifest(layout.registry, layout.manifest, layout.manifest.digest.replace(":", "-"));
    const { leftOut, onLeftOut } = observeLeftOut();
    expect(await listed(layout.registry.referrers("", layout.manifest.digest, { onLeftOut }))).toEqual([]);
    expect(leftOut).toHaveLength(1);
  });

  test("with 130,000 children is read to its end", async () => {
    const layout = await createLayoutFixture();
    const { registry, manifest, putBlob } = layout;
    const last = referrerOf(manifest, "a/last");
    await putBlob(last);
    const many = Array.from({ length: 130_000 }, (_, at) => ({
      mediaType: manifestType,
      digest: `sha256:${at.toString(16).padStart(64, "0")}`,
      size: 1,
    }));
    await putFallback(layout, indexOf([...many, childOf(last)]));
    const { leftOut, onLeftOut } = observeLeftOut();
    const found = await listed(registry.referrers("", manifest.digest, { onLeftOut }));
    expect(found.map(({ digest }) => digest)).toEqual([last.digest]);
    expect(leftOut).toHaveLength(130_000);
  }, 300_000);
});

test("a manifest of the index that is damaged hides no referrer, and is said", async () => {
  const { registry, manifest, putBlob } = await createLayoutFixture();
  const [damaged, good] = [referrerOf(manifest, "a/damaged"), referrerOf(manifest, "a/good")];
  for (const one of [damaged, good]) await pushManifest(registry, one);
  await putBlob({ ...damaged, bytes: Buffer.from("x".repeat(damaged.size)) });
  const { leftOut, onLeftOut } = observeLeftOut();
  const found = await listed(registry.referrers("", manifest.digest, { onLeftOut }));
  expect(found.map(({ digest }) => digest)).toEqual([good.digest]);
  expect(leftOut).toEqual([
    { kind: "referrer", name: damaged.digest, why: "its bytes do not have its digest" },
  ]);
});

test("a listing that is stopped throws the reason", async () => {
  const layout = await createLayoutFixture();
  await putFallback(layout, indexOf([]));
  const controller = new AbortController();
  controller.abort(new Error("enough"));
  const { signal } = controller;
  await expect(listed(layout.registry.referrers("", layout.manifest.digest, { signal }))).rejects.toThrow(
    "enough",
  );
});
