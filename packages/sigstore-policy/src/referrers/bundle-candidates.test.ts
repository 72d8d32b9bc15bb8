import type { Descriptor, Digest, PolicySubject, Registry } from "@blob/registry";
import { createMemoryRegistry, RegistryError, sha256Digest } from "@blob/registry";
import { describe, expect, test } from "vitest";
import { bundleMediaType } from "../bundle/bundle-json.js";
import { bundleCandidates } from "./bundle-candidates.js";
import { maxBundleBytes } from "../bundle/bundle-size.js";

const repository = "acme/site";
const imageManifest = "application/vnd.oci.image.manifest.v1+json";
const bytes = Buffer.from("{}");
const descriptor: Descriptor = { mediaType: imageManifest, digest: sha256Digest(bytes), size: 2 };

function subjectOf(registry: Registry): PolicySubject {
  return { registry, repository, manifest: { descriptor, bytes } };
}

function digestOf(name: string): Digest {
  return sha256Digest(Buffer.from(name));
}

function referrerTo(digest: Digest, predicateType?: string): Descriptor {
  const referrer = { mediaType: imageManifest, artifactType: bundleMediaType, digest, size: 2 };
  return predicateType === undefined
    ? referrer
    : { ...referrer, annotations: { "dev.sigstore.bundle.predicateType": predicateType } };
}

/** A registry that lists these referrers and counts what it is asked for. */
function listing(
  referrers: readonly Descriptor[],
  rest: Partial<Registry> = {},
): { readonly registry: Registry; readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const registry: Registry = {
    ...createMemoryRegistry(),
    async *referrers(name, digest, options) {
      asked.push([name, digest, options?.artifactType]);
      yield* await Promise.resolve(referrers);
    },
    ...rest,
  };
  return { registry, asked };
}

describe("the list", () => {
  test("is that of bundles which refer to the subject, with what they are said to state", async () => {
    const { registry, asked } = listing([referrerTo(digestOf("a"), "type a"), referrerTo(digestOf("b"))]);
    const subject = subjectOf(registry);
    const { candidates, isTruncated } = await bundleCandidates(subject, {});
    expect(candidates).toMatchObject([
      { digest: digestOf("a"), predicateType: "type a" },
      { digest: digestOf("b"), predicateType: undefined },
    ]);
    expect(isTruncated).toBe(false);
    expect((await bundleCandidates(subject, {})).candidates).toBe(candidates);
    expect(asked).toEqual([[repository, descriptor.digest, bundleMediaType]]);
    await bundleCandidates(subjectOf(registry), {});
    expect(asked).toHaveLength(2);
  });

  test("has a referrer that is listed twice once, with the first that is said of it", async () => {
    const twice = [referrerTo(digestOf("a"), "type a"), referrerTo(digestOf("a"), "type b")];
    const { candidates } = await bundleCandidates(subjectOf(listing(twice).registry), {});
    expect(candidates).toMatchObject([{ predicateType: "type a" }]);
  });

  test("ends after 10,000, and says whether there are more", async () => {
    const many = Array.from({ length: 10_001 }, (_, i) => referrerTo(digestOf(String(i))));
    const all = await bundleCandidates(subjectOf(listing(many.slice(0, 10_000)).registry), {});
    expect(all.candidates).toHaveLength(10_000);
    expect(all.isTruncated).toBe(false);
    const some = await bundleCandidates(subjectOf(listing(many).registry), {});
    expect(some.candidates).toHaveLength(10_000);
    expect(some.isTruncated).toBe(true);
  });
});

describe("a bundle", () => {
  /** A registry with one referrer, whose layer says `size`, and whose blob comes in these chunks. */
  function carrying(
    size: number,
    chunks: readonly Uint8Array[],
  ): { readonly subject: PolicySubject; readonly asked: string[]; readonly limits: unknown[] } {
    const asked: string[] = [];
    const limits: unknown[] = [];
    const manifest = Buffer.from(
      JSON.stringify({
        artifactType: bundleMediaType,
        subject: descriptor,
        layers: [{ mediaType: bundleMediaType, digest: digestOf("blob"), size }],
      }),
    );
    const { registry } = listing([referrerTo(sha256Digest(manifest))], {
      manifest(_repository, digest, options) {
        asked.push(`manifest ${digest}`);
        limits.push(options?.maxBytes);
        return Promise.resolve({ descriptor: referrerTo(sha256Digest(manifest)), bytes: manifest });
      },
      async *readBlob(_repository, { digest }) {
        asked.push(`blob ${digest}`);
        yield* await Promise.resolve(chunks);
      },
    });
    return { subject: subjectOf(registry), asked, limits };
  }

  async function load(subject: PolicySubject): Promise<Uint8Array> {
    const { candidates } = await bundleCandidates(subject, {});
    const [first] = candidates;
    if (first === undefined) throw new Error("no candidate");
    return first.bundle({});
  }

  test("is the layer of the referrer, asked for once", async () => {
    const { subject, asked, limits } = carrying(4, [Buffer.from("ab"), Buffer.from("cd")]);
    expect(Buffer.from(await load(subject)).toString()).toBe("abcd");
    expect(Buffer.from(await load(subject)).toString()).toBe("abcd");
    expect(asked).toEqual([expect.stringContaining("manifest sha256:"), `blob ${digestOf("blob")}`]);
    expect(limits).toEqual([256 * 1024]);
  });

  test("has a megabyte at most, whatever its descriptor says", async () => {
    const half = new Uint8Array(maxBundleBytes / 2);
    expect(await load(carrying(maxBundleBytes, [half, half]).subject)).toHaveLength(1_048_576);
    const { subject, asked } = carrying(4, [half, half, new Uint8Array(1)]);
    for (const attempt of [() => load(subject), () => load(subject)]) {
      await expect(attempt()).rejects.toMatchObject({
        name: "Refusal",
        message: "the bundle is larger than its descriptor says",
      });
    }
    // It is not asked for again: it would be the same.
    expect(asked).toHaveLength(2);
  });

  function failing(trouble: unknown): PolicySubject {
    const manifest = (): Promise<never> => Promise.reject(trouble);
    return subjectOf(listing([referrerTo(digestOf("a"))], { manifest }).registry);
  }

  test.each(["NotFound", "DigestMismatch", "SizeExceeded", "InvalidResponse"] as const)(
    "that cannot be had because of its content (%s) is refused, each time",
    async (code) => {
      const subject = failing(new RegistryError(code, "because"));
      for (const attempt of [load(subject), load(subject)]) {
        await expect(attempt).rejects.toMatchObject({ name: "Refusal", message: "because" });
      }
    },
  );

  test.each([
    new RegistryError("Network", "out of reach"),
    new RegistryError("Unauthorized", "not with these"),
    Object.assign(new Error("somebody else's"), { code: "NotFound" }),
    { code: "NotFound", [Symbol.for("@blob/registry/error")]: true },
    Object.assign(new Error("without a code"), { [Symbol.for("@blob/registry/error")]: true }),
    "text",
  ])("that cannot be had for another reason is an error: %s", async (error) => {
    await expect(load(failing(error))).rejects.toBe(error);
  });
});
