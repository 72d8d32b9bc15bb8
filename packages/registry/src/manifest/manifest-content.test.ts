import { describe, expect, test } from "vitest";
import type { ManifestContent } from "./manifest-content.js";
import {
  artifactTypeOf,
  parseDescriptor,
  parseJsonObject,
  parseManifestContent,
  whyNoDescriptor,
} from "./manifest-content.js";
import { blobOf } from "../testing/bytes.js";

const { digest, size } = blobOf("a blob");
const one = { mediaType: "application/x", digest, size };
const two = { mediaType: "application/y", digest: blobOf("another").digest, size: 0 };
const empty = { mediaType: "application/vnd.oci.empty.v1+json", digest, size: 2 };

function contentOf(json: unknown): ManifestContent {
  const content = parseManifestContent(Buffer.from(JSON.stringify(json)));
  if (content === undefined) throw new Error("not an object");
  return content;
}

const odd: readonly (readonly [string, unknown, string])[] = [
  ["nothing", null, "it is not an object"],
  ["a text", "x", "it is not an object"],
  ["a list", [one], "it is not an object"],
  ["without a type", { digest, size }, "it has no mediaType"],
  ["with a type that is none", { ...one, mediaType: 5 }, "it has no mediaType"],
  ["without a digest", { mediaType: "x", size }, "it has no digest that is known here"],
  ["with a digest that is none", { ...one, digest: "sha256:short" }, "it has no digest that is known here"],
  ["with a list of digests", { ...one, digest: [digest] }, "it has no digest that is known here"],
  ["without a size", { mediaType: "x", digest }, "its size is not a number of bytes"],
  ["with a size in text", { ...one, size: "5" }, "its size is not a number of bytes"],
  ["with half a byte", { ...one, size: 1.5 }, "its size is not a number of bytes"],
  ["with less than nothing", { ...one, size: -1 }, "its size is not a number of bytes"],
  ["with more than can be counted", { ...one, size: 2 ** 53 }, "its size is not a number of bytes"],
];

describe("a descriptor", () => {
  test("is what is well-formed in it", () => {
    expect(parseDescriptor({ ...one, more: "things", urls: ["x"] })).toStrictEqual(one);
    expect(parseDescriptor(two)).toStrictEqual(two);
    expect(whyNoDescriptor(two)).toBeUndefined();
    const told = { ...one, artifactType: "application/z", annotations: { a: "b" } };
    expect(parseDescriptor(told)).toStrictEqual(told);
  });

  test("drops what is of another kind", () => {
    for (const annotations of [null, "text", ["a"], 5]) {
      expect(parseDescriptor({ ...one, artifactType: 5, annotations })).toStrictEqual(one);
    }
    expect(parseDescriptor({ ...one, annotations: { a: "b", c: 5, d: null } })).toStrictEqual({
      ...one,
      annotations: { a: "b" },
    });
  });

  test.each(odd)("is not %s, and why not is told", (_name, value, why) => {
    expect(parseDescriptor(value)).toBeUndefined();
    expect(whyNoDescriptor(value)).toBe(why);
  });
});

describe("JSON", () => {
  test.each(["[]", '"text"', "5", "null", "true", "{", "", "some words"])("that is no object: %s", (text) => {
    expect(parseJsonObject(Buffer.from(text))).toBeUndefined();
    expect(parseManifestContent(Buffer.from(text))).toBeUndefined();
  });

  test("is read from its own part of a larger buffer", () => {
    const bytes = Buffer.from('xx{"a":1}yy').subarray(2, -2);
    expect(parseJsonObject(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length))).toEqual({ a: 1 });
  });
});

describe("the content of a manifest", () => {
  test("is all that registries look at", () => {
    const json = {
      schemaVersion: 2,
      mediaType: "application/m",
      artifactType: "application/a",
      annotations: { a: "b", c: 5 },
      subject: one,
      config: two,
      layers: [one, two],
    };
    expect(contentOf(json)).toEqual({
      mediaType: "application/m",
      artifactType: "application/a",
      annotations: { a: "b" },
      subject: one,
      config: two,
      layers: [one, two],
      hasAllBlobs: true,
      manifests: [],
      oddManifests: [],
    });
  });

  test("may be nothing", () => {
    const nothing = {
      mediaType: undefined,
      artifactType: undefined,
      annotations: undefined,
      subject: undefined,
      config: undefined,
      layers: [],
      hasAllBlobs: true,
      manifests: [],
      oddManifests: [],
    };
    expect(contentOf({})).toEqual(nothing);
    // Programs in Go write null.
    expect(contentOf({ config: null, layers: null, subject: null, manifests: null })).toEqual(nothing);
    expect(
      contentOf({ mediaType: 5, artifactType: {}, annotations: [], layers: "x", manifests: {} }),
    ).toEqual(nothing);
  });

  test.each<[string, object]>([
    ["its config", { config: { ...one, size: -1 }, layers: [one] }],
    ["its config, which is no object", { config: "x" }],
    ["one of its layers", { config: one, layers: [one, "x", two] }],
    ["its only layer", { layers: [null] }],
  ])("says when %s is no descriptor, and has all others", (_name, json) => {
    const content = contentOf(json);
    expect(content.hasAllBlobs).toBe(false);
    expect(content.layers).toEqual(
      "layers" in json && Array.isArray(json.layers)
        ? json.layers.filter((layer) => layer === one || layer === two)
        : [],
    );
  });

  test("of an index has each entry that can be used, and why others cannot", () => {
    const manifests = [one, null, two, { ...one, size: -1 }];
    expect(contentOf({ manifests })).toMatchObject({
      manifests: [one, two],
      oddManifests: ["it is not an object", "its size is not a number of bytes"],
      hasAllBlobs: true,
    });
  });
});

describe("the type of an artifact is", () => {
  test.each<[string, object, string | undefined]>([
    ["what it says", { artifactType: "application/a", config: one, layers: [two] }, "application/a"],
    ["that of its config", { config: one, layers: [two] }, "application/x"],
    ["nothing without a config", { layers: [two] }, undefined],
    ["that of its only layer, when the config is empty", { config: empty, layers: [two] }, "application/y"],
    ["nothing of several layers", { config: empty, layers: [one, two] }, undefined],
    ["nothing of an empty layer", { config: empty, layers: [empty] }, undefined],
    ["nothing of no layer", { config: empty, layers: [] }, undefined],
  ])("%s", (_name, json, type) => {
    expect(artifactTypeOf(contentOf(json))).toBe(type);
  });
});
