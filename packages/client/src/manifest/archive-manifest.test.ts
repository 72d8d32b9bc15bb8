import type { Manifest } from "@blob/registry";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { annotationsOf } from "./annotations.js";
import { buildArchiveManifest, parseArchiveManifest } from "./archive-manifest.js";
import { isClientError } from "../errors.js";

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

describe("at the edges", () => {
  const { layers } = valid() as { layers: readonly Record<string, unknown>[] };
  const [indexLayer, dataLayer] = layers;
  const parse = (change: object): ReturnType<typeof parseArchiveManifest> =>
    parseArchiveManifest(manifestOf({ ...valid(), ...change }), "ref");

  test("a manifest need not say what the registry says of it", () => {
    expect(parse({ mediaType: undefined }).data).toMatchObject(data);
    const stored = manifestOf({ ...valid(), mediaType: undefined });
    const mediaType = "application/vnd.oci.image.index.v1+json";
    const other = { ...stored, descriptor: { ...stored.descriptor, mediaType } };
    expect(() => parseArchiveManifest(other, "ref")).toThrow(`media type "${mediaType}"`);
  });

  test("an archive may be empty", () => {
    expect(parse({ layers: [indexLayer, { ...dataLayer, size: 0 }] }).data.size).toBe(0);
  });

  test("annotations may be missing", () => {
    for (const annotations of [undefined, null, {}]) {
      const parsed = parse({ annotations });
      expect([Object.entries(parsed.annotations), parsed.created]).toEqual([[], undefined]);
    }
  });

  test.each([["text"], [[]], [["a"]], [5], [true]])("annotations are an object, not %j", (annotations) => {
    expect(() => parse({ annotations })).toThrow("annotations are not text");
  });

  test("a second data layer is one too many", () => {
    expect(() => parse({ layers: [indexLayer, dataLayer, dataLayer] })).toThrow("more than one");
  });

  test.each([
    ["nothing", null],
    ["text", "layer"],
    ["a digest in a list", { ...dataLayer, digest: [data.digest] }],
    ["a type in a list", { ...dataLayer, mediaType: [dataLayer?.["mediaType"]] }],
    ["half a byte", { ...dataLayer, size: 1.5 }],
    ["a size in text", { ...dataLayer, size: "4096" }],
    ["more bytes than can be counted", { ...dataLayer, size: 2 ** 53 }],
  ])("a layer is a descriptor, not %s", (_name, layer) => {
    expect(() => parse({ layers: [indexLayer, layer] })).toThrow(
      expect.objectContaining({
        code: "InvalidManifest",
        message: expect.stringContaining("a layer is not a valid descriptor") as string,
      }),
    );
  });

  test("bytes that are no text are no JSON, also inside of one", () => {
    const bytes = Buffer.from(JSON.stringify(valid()).replace('"web"', '"w?b"'));
    bytes[bytes.indexOf("?")] = 0xff;
    expect(() => parseArchiveManifest({ ...manifestOf({}), bytes }, "ref")).toThrow("not valid JSON");
  });
});
