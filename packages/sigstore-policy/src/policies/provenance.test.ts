import { expect, test } from "vitest";
import { readProvenance, slsaV02, slsaV1 } from "./provenance.js";

const nothing = { builder: undefined, repository: undefined, ref: undefined, workflow: undefined };

test("version 1", () => {
  const predicate = {
    buildDefinition: {
      externalParameters: {
        workflow: {
          repository: "https://github.com/acme/site",
          ref: "refs/heads/main",
          path: ".github/workflows/a.yml",
        },
      },
    },
    runDetails: { builder: { id: "builder" } },
  };
  expect(readProvenance(slsaV1, predicate)).toEqual({
    builder: "builder",
    repository: "https://github.com/acme/site",
    ref: "refs/heads/main",
    workflow: ".github/workflows/a.yml",
  });
  expect(readProvenance(slsaV02, predicate)).toEqual(nothing);
});

const old = (uri: unknown): unknown => ({
  builder: { id: "builder" },
  invocation: { configSource: { uri, entryPoint: "a.yml" } },
});

test("version 0.2", () => {
  const predicate = old("git+https://github.com/acme/site@refs/heads/main");
  expect(readProvenance(slsaV02, predicate)).toEqual({
    builder: "builder",
    repository: "https://github.com/acme/site",
    ref: "refs/heads/main",
    workflow: "a.yml",
  });
  expect(readProvenance(slsaV1, predicate)).toEqual(nothing);
});

test.each([
  "https://github.com/acme/site@refs/heads/main",
  "xgit+https://github.com/acme/site@refs/heads/main",
  "git+http://github.com/acme/site@refs/heads/main",
  "git+https://github.com/acme/site",
  "git+https://github.com/acme/site@main",
  "git+https://github.com/acme/site@refs/",
  "git+https://github.com/acme/site@refs/heads/main\nmore",
  7,
  null,
])("version 0.2 from %j says nothing about the source", (uri) => {
  expect(readProvenance(slsaV02, old(uri))).toEqual({ ...nothing, builder: "builder", workflow: "a.yml" });
});

test.each([null, "text", 7, [], { runDetails: { builder: { id: 7 } }, builder: { id: ["x"] } }])(
  "%j says nothing at all",
  (predicate) => {
    expect(readProvenance(slsaV1, predicate)).toEqual(nothing);
    expect(readProvenance(slsaV02, predicate)).toEqual(nothing);
  },
);
