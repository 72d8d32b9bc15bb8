import type { Manifest } from "@blob/registry";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { annotationsOf } from "./annotations.js";
import { buildArchiveManifest, parseArchiveManifest } from "./archive-manifest.js";
import { isClientError } from "./errors.js";

const index = { digest: `sha256:${"11".repeat(32)}`, size: 120 } as const;
const data = { digest: `sha256:${"22".repeat(32)}`, size: 4096 } as const;
const created = new Date("2026-01-02T03:04:05.678Z");

function manifestOf(json: unknown): Manifest {
  const bytes = new TextEncoder().encode(typeof json === "string" ? json : JSON.stringify(json));
  return {
    descriptor: {
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: `sha256:${"00".repeat(32)}`,
      size: bytes.length,
    },
    bytes,
  };
}

function valid(): Record<string, unknown> {
  const { bytes } = buildArchiveManifest({ index, data }, annotationsOf({ team: "web" }, created));
  return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
}

test("what is written is the manifest that other implementations write and read", () => {
  expect(valid()).toEqual({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    artifactType: "application/vnd.meigma.blob.v1",
    config: {
      mediaType: "application/vnd.oci.empty.v1+json",
      digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
      size: 2,
    },
    layers: [
      { mediaType: "application/vnd.meigma.blob.index.v1+flatbuffers", ...index },
      { mediaType: "application/vnd.meigma.blob.data.v1", ...data },
    ],
    annotations: { "org.opencontainers.image.created": "2026-01-02T03:04:05Z", team: "web" },
  });
});

test("a caller's time of creation wins", () => {
  const annotations = { "org.opencontainers.image.created": "2020-01-01T00:00:00Z" };
  const written = buildArchiveManifest({ index, data }, annotationsOf(annotations, created));
  expect(parseArchiveManifest(manifestOf(new TextDecoder().decode(written.bytes)), "ref").created).toBe(
    "2020-01-01T00:00:00Z",
  );
});

test("what is written can be read", () => {
  const parsed = parseArchiveManifest(manifestOf(valid()), "ref");
  expect(parsed.index).toMatchObject(index);
  expect(parsed.data).toMatchObject(data);
  expect(parsed.annotations["team"]).toBe("web");
});

describe("a manifest that is not an archive's is refused, and the message says what it is", () => {
  const { layers: [indexLayer, dataLayer] = [] } = valid() as { layers?: unknown[] };
  test.each([
    ["not JSON", "{", "InvalidManifest", "not valid JSON"],
    ["not UTF-8", "\ud800{", "InvalidManifest", "not valid JSON"],
    ["an array", [], "InvalidManifest", "not a JSON object"],
    ["an image", { ...valid(), artifactType: undefined }, "InvalidManifest", "artifact type is missing"],
    [
      "another artifact",
      { ...valid(), artifactType: "application/vnd.cncf.helm.chart" },
      "InvalidManifest",
      'artifact type is "application/vnd.cncf.helm.chart"',
    ],
    [
      "an image index",
      { ...valid(), mediaType: "application/vnd.oci.image.index.v1+json" },
      "InvalidManifest",
      'media type "application/vnd.oci.image.index.v1+json"',
    ],
    ["another schema", { ...valid(), schemaVersion: 1 }, "InvalidManifest", "schema version 1"],
    ["without layers", { ...valid(), layers: undefined }, "InvalidManifest", "no layers"],
    ["without an index", { ...valid(), layers: [dataLayer] }, "MissingIndex", "no index layer"],
    ["without data", { ...valid(), layers: [indexLayer] }, "MissingData", "no data layer"],
    [
      "with two indexes",
      { ...valid(), layers: [indexLayer, dataLayer, indexLayer] },
      "InvalidManifest",
      "more than one",
    ],
    [
      "with another layer",
      { ...valid(), layers: [indexLayer, dataLayer, { ...index, mediaType: "text/plain" }] },
      "InvalidManifest",
      'layer of the type "text/plain"',
    ],
    [
      "with a negative size",
      {
        ...valid(),
        layers: [indexLayer, { mediaType: "application/vnd.meigma.blob.data.v1", ...data, size: -1 }],
      },
      "InvalidManifest",
      "not a valid descriptor",
    ],
    [
      "with a digest that is none",
      { ...valid(), layers: [{ mediaType: "x", size: 1, digest: "sha256:../../etc/passwd" }] },
      "InvalidManifest",
      "not a valid descriptor",
    ],
    [
      "with annotations that are not text",
      { ...valid(), annotations: { a: 1 } },
      "InvalidManifest",
      "annotations",
    ],
  ] as const)("%s", (_name, json, code, why) => {
    expect(() => parseArchiveManifest(manifestOf(json), "ghcr.io/acme/site:v1")).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringContaining(why) as string,
        reference: "ghcr.io/acme/site:v1",
      }),
    );
  });
});

test("an annotation may have any name", () => {
  const json = JSON.stringify(valid()).replace('"team"', '"__proto__"');
  expect(Object.entries(parseArchiveManifest(manifestOf(json), "ref").annotations)).toContainEqual([
    "__proto__",
    "web",
  ]);
});

test("whatever the JSON, it is an archive's manifest or a typed error", () => {
  const field = fc.oneof(fc.jsonValue(), fc.constant(undefined));
  const changes = fc.dictionary(fc.constantFrom(...Object.keys(valid())), field);
  fc.assert(
    fc.property(changes, (change) => {
      try {
        const parsed = parseArchiveManifest(manifestOf({ ...valid(), ...change }), "ref");
        expect(parsed.index.size).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect(isClientError(error) && error.message.length < 300).toBe(true);
      }
    }),
  );
});
