import { expect, test } from "vitest";
import { RegistryError } from "../errors.js";
import { withProgress } from "./failed-copy.js";

const progress = { manifests: [], isArtifactCopied: false, tags: [], missingTags: ["v1"], notCopied: [] };

test("the failure of a copy says all that it said, and how far the copy came", () => {
  const failure = new RegistryError("NotFound", "it is gone", {
    host: "registry.example.com",
    reference: "acme/site:v1",
    what: "reference",
    status: 404,
  });
  expect(withProgress(failure, progress)).toMatchObject({
    code: "NotFound",
    host: "registry.example.com",
    reference: "registry.example.com/acme/site:v1",
    what: "reference",
    status: 404,
    copied: progress,
    cause: failure,
  });
});

test("who refused may be another host than that of the reference", () => {
  const failure = new RegistryError("Unauthorized", "log in", {
    host: "cdn.example.com",
    registry: "registry.example.com",
    reference: "acme/site:v1",
  });
  for (const error of [failure, withProgress(failure, progress)]) {
    expect(error).toMatchObject({ host: "cdn.example.com", reference: "registry.example.com/acme/site:v1" });
  }
});

test.each([
  ["registry.example.com", "acme/site:v1", "registry.example.com/acme/site:v1"],
  ["oci:/layouts/site", ":v1", "oci:/layouts/site:v1"],
  ["oci:/layouts/site", "@sha256:00", "oci:/layouts/site@sha256:00"],
  ["oci:/layouts", "site:v1", "oci:/layouts/site:v1"],
  ["oci:/layouts/site", "", "oci:/layouts/site"],
  ["registry.example.com", "registry.example.com/acme/site:v1", "registry.example.com/acme/site:v1"],
  [undefined, "acme/site:v1", "acme/site:v1"],
  ["registry.example.com", undefined, undefined],
])("at %s, %s is %s", (host, name, whole) => {
  expect(new RegistryError("Network", "x", { host, reference: name }).reference).toBe(whole);
});
