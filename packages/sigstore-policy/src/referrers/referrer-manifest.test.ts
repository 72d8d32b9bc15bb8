import type { Descriptor } from "@blob/registry";
import { describe, expect, test } from "vitest";
import { bundleMediaType } from "../bundle/bundle-json.js";
import { maxBundleBytes } from "../bundle/bundle-size.js";
import { bundleOfReferrer } from "./referrer-manifest.js";

type Json = Readonly<Record<string, unknown>>;

const subject: Descriptor = {
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  digest: `sha256:${"a".repeat(64)}`,
  size: 2,
};
const layer: Json = { mediaType: bundleMediaType, digest: `sha256:${"b".repeat(64)}`, size: 7 };
const referrer: Json = { artifactType: bundleMediaType, subject, layers: [layer] };

const read = (change: Json = {}): unknown =>
  bundleOfReferrer(Buffer.from(JSON.stringify({ ...referrer, ...change })), subject);
const withLayer = (change: Json): unknown => read({ layers: [{ ...layer, ...change }] });

test("the bundle of a referrer is its only layer", () => {
  expect(read()).toEqual({ digest: layer["digest"], size: 7 });
});

test("it may be empty, and have up to a megabyte", () => {
  expect(withLayer({ size: 0 })).toMatchObject({ size: 0 });
  expect(withLayer({ size: maxBundleBytes })).toMatchObject({ size: 1_048_576 });
  expect(() => withLayer({ size: maxBundleBytes + 1 })).toThrow("1048576 are the most");
});

describe("a referrer is refused", () => {
  test.each([
    ["about something else", { ...subject, digest: `sha256:${"c".repeat(64)}` }, "is about sha256:ccc"],
    ["about nothing", undefined, "is about nothing"],
    ["about something without a digest", { ...subject, digest: undefined }, "is about nothing"],
    ["about a list", { ...subject, digest: [subject.digest] }, "is about nothing"],
  ])("%s", (_what, about, message) => {
    expect(() => read({ subject: about })).toThrow(message);
  });

  test.each(["application/json", undefined, `${bundleMediaType}x`])("of the type %s", (artifactType) => {
    expect(() => read({ artifactType })).toThrow("the referrer is of the type");
  });

  test.each([
    ["no layers", undefined, 0],
    ["an empty list of layers", [], 0],
    ["two layers", [layer, layer], 2],
    ["layers that are no list", { 0: layer, length: 1 }, 0],
  ])("with %s", (_what, layers, count) => {
    expect(() => read({ layers })).toThrow(`the referrer has ${String(count)} layers instead of one`);
  });

  test.each(["application/json", undefined, `${bundleMediaType}x`])("with a layer of the type %s", (type) => {
    expect(() => withLayer({ mediaType: type })).toThrow("the referrer's layer is of the type");
  });

  test.each([
    [{ digest: undefined }],
    [{ digest: `sha512:${"b".repeat(128)}` }],
    [{ digest: `sha256:${"b".repeat(63)}` }],
    [{ digest: `sha256:${"b".repeat(65)}` }],
    [{ digest: `sha256:${"B".repeat(64)}` }],
    [{ digest: `x sha256:${"b".repeat(64)}` }],
    [{ size: undefined }],
    [{ size: "7" }],
    [{ size: -1 }],
    [{ size: 1.5 }],
    [{ size: 1e300 }],
  ])("with a layer that has %j", (change) => {
    expect(() => withLayer(change)).toThrow("the referrer's layer has no digest and size");
  });

  test("when it is no JSON, or says something twice", () => {
    expect(() => bundleOfReferrer(Buffer.from("no JSON"), subject)).toThrow("the referrer is not JSON");
    const text = JSON.stringify(referrer).replace('"layers"', '"subject":{},"layers"');
    expect(() => bundleOfReferrer(Buffer.from(text), subject)).toThrow("the referrer names a member twice");
  });
});
