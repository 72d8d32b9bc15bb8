import { describe, expect, test } from "vitest";
import type { Descriptor } from "../descriptor.js";
import type { ManifestContent } from "./manifest-content.js";
import { parseManifestContent } from "./manifest-content.js";
import {
  checkNewManifest,
  defaultMaxManifestBytes,
  digestOfManifest,
  mediaTypeOf,
  requiredBlobs,
} from "./manifest-rules.js";
import { blobOf } from "../testing/bytes.js";

const mediaType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";
const host = "registry.example.com";
const sha512 = `sha512:${"a".repeat(128)}` as const;

/** JSON of exactly so many bytes. */
function padded(length: number): Buffer {
  return Buffer.from(`{"mediaType":"${mediaType}"}`.padEnd(length));
}

function contentOf(json: unknown): ManifestContent {
  const content = parseManifestContent(Buffer.from(JSON.stringify(json)));
  if (content === undefined) throw new Error("not an object");
  return content;
}

function layer(type: string, content: string): Descriptor {
  const { digest, size } = blobOf(content);
  return { mediaType: type, digest, size };
}

describe("a new manifest", () => {
  test("is taken with the type that it says, or when it says none", () => {
    for (const json of [{ mediaType }, {}]) {
      const manifest = blobOf(JSON.stringify(json));
      expect(checkNewManifest(host, { mediaType, bytes: manifest.bytes })).toMatchObject({
        digest: manifest.digest,
        content: { mediaType: "mediaType" in json ? mediaType : undefined },
      });
    }
  });

  test("may have 4 MiB, and not a byte more", () => {
    expect(defaultMaxManifestBytes).toBe(4_194_304);
    const largest = padded(4_194_304);
    expect(checkNewManifest(host, { mediaType, bytes: largest }).digest).toBe(blobOf(largest).digest);
    expect(() => checkNewManifest(host, { mediaType, bytes: padded(4_194_305) })).toThrow(
      expect.objectContaining({ code: "SizeExceeded", host }),
    );
  });

  test.each([
    ["is not JSON", "{", "is not JSON"],
    ["is no object", "[]", "is not JSON"],
    ["says another type", JSON.stringify({ mediaType: indexType }), `says that it is ${indexType}`],
  ])("that %s is refused", (_name, text, why) => {
    expect(() => checkNewManifest(host, { mediaType, bytes: Buffer.from(text) })).toThrow(
      expect.objectContaining({
        code: "Rejected",
        digest: blobOf(text).digest,
        message: expect.stringContaining(why) as string,
      }),
    );
  });

  test("has its sha256, or the digest that was promised, if that is right", () => {
    const { bytes, digest } = blobOf("{}");
    expect(digestOfManifest(host, bytes)).toBe(digest);
    expect(digestOfManifest(host, bytes, digest)).toBe(digest);
    for (const promised of [blobOf("other").digest, sha512]) {
      for (const check of [
        () => digestOfManifest(host, bytes, promised),
        () => checkNewManifest(host, { mediaType, bytes }, promised),
      ]) {
        expect(check).toThrow(expect.objectContaining({ code: "DigestMismatch", digest: promised }));
      }
    }
  });
});

describe("the blobs that must be there first", () => {
  const config = layer("application/vnd.oci.image.config.v1+json", "config");
  const own = layer("application/vnd.oci.image.layer.v1.tar", "own");

  test("are config and layers", () => {
    expect(requiredBlobs(contentOf({ config, layers: [own] }))).toEqual([config, own]);
    expect(requiredBlobs(contentOf({ layers: [own] }))).toEqual([own]);
  });

  test("are not those that live elsewhere", () => {
    const layers = [
      layer("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "1"),
      own,
      layer("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "2"),
    ];
    expect(requiredBlobs(contentOf({ config, layers }))).toEqual([config, own]);
  });
});

test("the type of what was stored without one is told by what it holds", () => {
  const child = layer(mediaType, "child");
  expect(mediaTypeOf(contentOf({ mediaType: "text/plain", manifests: [child] }))).toBe("text/plain");
  expect(mediaTypeOf(contentOf({ manifests: [child] }))).toBe(indexType);
  expect(mediaTypeOf(contentOf({ manifests: [] }))).toBe(mediaType);
  expect(mediaTypeOf(contentOf({ layers: [child] }))).toBe(mediaType);
});
