import fc from "fast-check";
import { expect, test } from "vitest";
import { isRepository } from "../reference.js";
import { parseRoute } from "./route.js";

const digest = `sha256:${"ab".repeat(32)}`;
const id = "0f8fad5b-d9cb-469f-a165-70867728950e";

test.each([
  ["/v2/", { kind: "base" }],
  ["/v2", { kind: "base" }],
  ["/v2/a/manifests/v1", { kind: "manifest", repository: "a", reference: "v1" }],
  [`/v2/a/b/c/manifests/${digest}`, { kind: "manifest", repository: "a/b/c", reference: digest }],
  [`/v2/a/manifests/${encodeURIComponent(digest)}`, { kind: "manifest", repository: "a", reference: digest }],
  [`/v2/a/blobs/${digest}`, { kind: "blob", repository: "a", digest }],
  ["/v2/a/blobs/uploads/", { kind: "uploads", repository: "a" }],
  ["/v2/a/blobs/uploads", { kind: "uploads", repository: "a" }],
  [`/v2/a/blobs/uploads/${id}`, { kind: "upload", repository: "a", id }],
  ["/v2/a/tags/list", { kind: "tags", repository: "a" }],
  [`/v2/a/referrers/${digest}`, { kind: "referrers", repository: "a", digest }],
  // Repositories that are called like parts of the API.
  ["/v2/blobs/uploads/manifests/v1", { kind: "manifest", repository: "blobs/uploads", reference: "v1" }],
  ["/v2/manifests/tags/tags/list", { kind: "tags", repository: "manifests/tags" }],
])("%s", (path, expected) => {
  expect(parseRoute(path)).toEqual(expected);
});

test.each([
  "/",
  "/v1/",
  "/v2/a",
  "/v2/A/manifests/v1",
  "/v2/../manifests/v1",
  "/v2/a/../b/manifests/v1",
  "/v2/%2e%2e/manifests/v1",
  "/v2/a%2f..%2f..%2fetc/blobs/x",
  "/v2/a/manifests/sha256:abc",
  "/v2/a/manifests/.v1",
  "/v2/a/blobs/md5:abc",
  "/v2/a/blobs/uploads/../../secret",
  "/v2/%/manifests/v1",
  `/v2/${"a/".repeat(1000)}manifests/v1`,
])("%s leads nowhere", (path) => {
  expect(parseRoute(path)).toMatchObject({ kind: "problem" });
});

test("whatever a path is, the repository in it is a valid one", () => {
  const part = fc.oneof(
    fc.constantFrom("v2", "a", "..", "blobs", "uploads", "manifests", "%2e", digest),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const route = parseRoute(`/v2/${parts.join("/")}`);
      expect("repository" in route ? isRepository(route.repository) : true).toBe(true);
    }),
  );
});
