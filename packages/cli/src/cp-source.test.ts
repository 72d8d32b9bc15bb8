import { expect, test } from "vitest";
import { parseCpSource } from "./cp-source.js";

test.each([
  ["ghcr.io/acme/site:v1:/config/a.yaml", "ghcr.io/acme/site:v1", "/config/a.yaml"],
  ["localhost:5000/site:/", "localhost:5000/site", "/"],
  [`site@sha256:${"0".repeat(64)}:/a`, `site@sha256:${"0".repeat(64)}`, "/a"],
  ["ghcr.io/acme/site:v1:/odd:/name", "ghcr.io/acme/site:v1", "/odd:/name"],
  ["[::1]:5000/acme/site:v1:/a", "[::1]:5000/acme/site:v1", "/a"],
  ["[::ffff:127.0.0.1]:5/acme/site:v1:a", "[::ffff:127.0.0.1]:5/acme/site:v1", "a"],
  ["oci:/srv/layout:v1:/a/b", "oci:/srv/layout:v1", "/a/b"],
  ["oci:layout:/a", "oci:layout", "/a"],
  ["file:/srv/archive:/a", "file:/srv/archive", "/a"],
  ["oci:C:/layouts/one:v1:/a", "oci:C:/layouts/one:v1", "/a"],
  ["oci:C:\\layouts\\one:v1:/a", "oci:C:\\layouts\\one:v1", "/a"],
  ["oci:C:\\layouts\\one:/a/b", "oci:C:\\layouts\\one", "/a/b"],
  ["file:C:\\archive:/a", "file:C:\\archive", "/a"],
  ["file:C:/archive:/a", "file:C:/archive", "/a"],
  ["oci:\\\\server\\share:v1:/a", "oci:\\\\server\\share:v1", "/a"],
])("%s", (text, reference, path) => {
  expect(parseCpSource(text)).toEqual({ reference, path });
});

test.each([
  "ghcr.io/acme/site:v1",
  "[::ffff:127.0.0.1]:5/acme/site:v1",
  "https://ghcr.io/acme/site:v1",
  ":/a",
  "oci:/srv/layout",
  "oci:C:\\dir:v1",
  "file:C:/dir",
])("%s is not a source", (text) => {
  expect(() => parseCpSource(text)).toThrow(expect.objectContaining({ code: "Usage" }));
});
