import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseLocation } from "./index.js";
import { writableTag } from "./location.js";

const digest = `sha256:${"ab".repeat(32)}`;

describe("an OCI layout", () => {
  test.each([
    ["oci:layout", { path: "layout", tag: "latest", digest: undefined }],
    ["oci:/srv/layout:v1", { path: "/srv/layout", tag: "v1", digest: undefined }],
    ["oci:./a:b/layout", { path: "./a:b/layout", tag: "latest", digest: undefined }],
    ["oci:./a:b/layout:v1.2_3-x", { path: "./a:b/layout", tag: "v1.2_3-x", digest: undefined }],
    ["oci:C:\\layouts\\one", { path: "C:\\layouts\\one", tag: "latest", digest: undefined }],
    ["oci:C:/layouts/one", { path: "C:/layouts/one", tag: "latest", digest: undefined }],
    ["oci:C:\\layouts\\one:v1", { path: "C:\\layouts\\one", tag: "v1", digest: undefined }],
    ["oci:user@home/layout:v1", { path: "user@home/layout", tag: "v1", digest: undefined }],
    [`oci:/srv/layout@${digest}`, { path: "/srv/layout", tag: undefined, digest }],
    [`oci:/srv/layout:v1@${digest}`, { path: "/srv/layout", tag: "v1", digest }],
  ])("%s", (text, { path, ...expected }) => {
    expect(parseLocation(text)).toEqual({
      place: { kind: "layout", path },
      repository: "",
      ...expected,
      text,
    });
  });

  test.each([
    "oci:",
    "oci::v1",
    "oci:/srv/layout:",
    "oci:/srv/layout@sha256:abc",
    `oci:@${digest}`,
    "oci:/srv/one\n/layout:v1",
    "oci:/srv/layout\u2028",
    "oci:/srv/\u009blayout",
  ])("%j is refused", (text) => {
    expect(() => parseLocation(text)).toThrow(
      expect.objectContaining({ code: "InvalidReference", reference: text }),
    );
  });
});

test("a registry's reference has its host, repository and tag", () => {
  expect(parseLocation("localhost:5000/acme/site:v1")).toEqual({
    place: { kind: "registry", host: "localhost:5000" },
    repository: "acme/site",
    tag: "v1",
    digest: undefined,
    text: "localhost:5000/acme/site:v1",
  });
  expect(parseLocation("ghcr.io/acme/site")).toMatchObject({ tag: "latest" });
  expect(parseLocation(`ghcr.io/acme/site@${digest}`)).toMatchObject({ tag: undefined, digest });
});

test("any text is a location or a typed error", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.string().map((text) => `oci:${text}`),
      ),
      (text) => {
        try {
          expect(parseLocation(text).text).toBe(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "InvalidReference" });
        }
      },
    ),
  );
});

test("a digest cannot be written to", () => {
  expect(() => writableTag(parseLocation(`oci:layout:v1@${digest}`))).toThrow(
    expect.objectContaining({ code: "InvalidReference" }),
  );
});
