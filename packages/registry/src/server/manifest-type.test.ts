import { expect, test } from "vitest";
import { isManifestType, servedType } from "./manifest-type.js";

test.each([
  ["application/json", true],
  ["application/vnd.oci.image.manifest.v1+json", true],
  ["application/vnd.docker.distribution.manifest.v1+prettyjws", true],
  ["text/html", false],
  ["text/html;x=application/json", false],
  ["text/html application/json", false],
  ["application/json;x=text/html", false],
  ["application/xhtml+xml", false],
])("whether a manifest may be given out as %s: %s", (type, expected) => {
  expect(isManifestType(type)).toBe(expected);
  expect(servedType(type)).toBe(expected ? type : "application/octet-stream");
});
