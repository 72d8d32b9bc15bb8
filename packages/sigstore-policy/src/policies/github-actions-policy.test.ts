import { describe, expect, test } from "vitest";
import type { CertificateClaims } from "../verify/certificate-claims.js";
import type { GitHubActionsRequirement } from "./github-actions-policy.js";
import { gitHubRepository, githubActionsRule } from "./github-actions-policy.js";

const release = "https://github.com/acme/site/.github/workflows/release.yml@refs/heads/main";
const usual: CertificateClaims = {
  issuer: "https://token.actions.githubusercontent.com",
  subject: release,
  buildSignerUri: release,
  sourceRepositoryUri: "https://github.com/acme/site",
  sourceRepositoryRef: "refs/heads/main",
  sourceRepositoryId: "1",
  sourceRepositoryOwnerId: "2",
  buildConfigUri: release,
  buildTrigger: "push",
};
const trustedRoot = { name: "none", load: () => Promise.reject(new Error("not needed")) };

function refusal(
  requirement: Partial<GitHubActionsRequirement> = {},
  claims: Partial<CertificateClaims> = {},
  repository = "acme/site",
): string | undefined {
  const options = { trustedRoot, ...requirement };
  const rule = githubActionsRule("it", gitHubRepository("it", repository, options), options);
  return rule({ ...usual, ...claims });
}

test("a job of the repository does, in whatever case its name is written", () => {
  expect(refusal()).toBeUndefined();
  expect(refusal({}, {}, "Acme/SITE")).toBeUndefined();
});

describe("each requirement, met and not met", () => {
  test.each<[keyof CertificateClaims, Partial<GitHubActionsRequirement>, string, string]>([
    ["issuer", {}, "https://token.actions.githubusercontent.com.evil.example", "vouched for by"],
    ["sourceRepositoryUri", {}, "https://github.com/acme/site2", "made from https://github.com/acme/site2"],
    ["sourceRepositoryId", { repositoryId: "1" }, "10", "made from the repository 10, not 1"],
    ["sourceRepositoryOwnerId", { ownerId: "2" }, "20", "made for the owner 20, not 2"],
    [
      "buildTrigger",
      { events: ["release", "push"] },
      "pull_request",
      "started by pull_request, not release or push",
    ],
    [
      "buildConfigUri",
      { workflow: ".github/workflows/release.yml" },
      release.replace("release.yml", "other.yml"),
      "made by",
    ],
    ["sourceRepositoryRef", { branches: ["main"] }, "refs/heads/other", "made from refs/heads/other"],
  ])("%s", (claim, requirement, other, message) => {
    expect(refusal(requirement)).toBeUndefined();
    expect(refusal(requirement, { [claim]: other })).toContain(message);
    expect(refusal(requirement, { [claim]: undefined })).toBeTypeOf("string");
  });

  test("what is not required may be anything", () => {
    const others = { sourceRepositoryId: undefined, sourceRepositoryOwnerId: "9", buildTrigger: undefined };
    expect(
      refusal({}, { ...others, buildConfigUri: undefined, sourceRepositoryRef: "refs/heads/any" }),
    ).toBeUndefined();
  });

  test("another server and issuer", () => {
    const server = "https://github.acme.example";
    const issuer = `${server}/_services/token`;
    const uri = release.replace("https://github.com", server);
    const claims = { issuer, subject: uri, buildSignerUri: uri, sourceRepositoryUri: `${server}/acme/site` };
    expect(refusal({ server, issuer }, claims)).toBeUndefined();
    expect(refusal({ server, issuer })).toContain("vouched for by");
    expect(refusal({ server })).toContain("made from");
    expect(refusal({}, claims)).toContain("vouched for by");
  });
});

describe("the workflow that signed", () => {
  const shared = "https://github.com/acme/ci/.github/workflows/build.yml@refs/tags/v1.2";
  const byShared = { subject: shared, buildSignerUri: shared };

  test("is one of the repository itself", () => {
    for (const subject of [
      shared,
      "https://github.com/acme/site2/.github/workflows/a.yml",
      "https://github.com/acme/site",
    ]) {
      expect(refusal({}, { subject, buildSignerUri: subject })).toContain("which is not in acme/site");
    }
    const shouting = release.replace("acme/site", "Acme/Site");
    expect(refusal({}, { subject: shouting, buildSignerUri: shouting })).toBeUndefined();
  });

  test("is the one that both places of the certificate name", () => {
    expect(refusal({}, { buildSignerUri: shared })).toContain(`signed by ${shared}`);
    expect(refusal({}, { buildSignerUri: undefined })).toContain(
      "signed by what the certificate does not say",
    );
    const signerWorkflow = "acme/ci/.github/workflows/build.yml";
    expect(refusal({ signerWorkflow }, { ...byShared, buildSignerUri: release })).toContain("signed by");
  });

  test.each<[string, boolean]>([
    ["acme/ci/.github/workflows/build.yml", true],
    ["Acme/CI/.github/workflows/build.yml", true],
    ["acme/ci/.github/workflows/build.yml@refs/tags/v1.2", true],
    ["acme/ci/.github/workflows/build.yml@refs/tags/v*", true],
    ["acme/ci/.github/workflows/build.yml@refs/tags/v2*", false],
    ["acme/ci/.github/workflows/build.yml@refs/heads/main", false],
    ["acme/ci/.github/workflows/Build.yml", false],
    ["acme/ci/.github/workflows/build.ym", false],
    ["acme/ci2/.github/workflows/build.yml", false],
  ])("may be %s: %s", (signerWorkflow, accepted) => {
    const reason = refusal({ signerWorkflow }, byShared);
    if (accepted) expect(reason).toBeUndefined();
    else expect(reason).toBe(`signed by ${shared}, not ${signerWorkflow}`);
  });

  test("has a ref, where one is required", () => {
    const bare = "https://github.com/acme/ci/.github/workflows/build.yml";
    const signerWorkflow = "acme/ci/.github/workflows/build.yml@*";
    expect(refusal({ signerWorkflow }, { subject: bare, buildSignerUri: bare })).toContain("signed by");
  });

  test("with a second folder of the same name is told apart, too", () => {
    const signerWorkflow = "acme/ci/.github/a/.github/b.yml";
    const uri = (path: string): Partial<CertificateClaims> => {
      const subject = `https://github.com/acme/ci/${path}@refs/heads/main`;
      return { subject, buildSignerUri: subject };
    };
    expect(refusal({ signerWorkflow }, uri(".github/a/.github/b.yml"))).toBeUndefined();
    expect(refusal({ signerWorkflow }, uri(".github/a/.github/c.yml"))).toContain("signed by");
    expect(refusal({ signerWorkflow }, uri(".github/a/b.yml"))).toContain("signed by");
  });
});

describe("a requirement that makes no sense is refused at once", () => {
  test.each([
    "",
    "acme",
    "acme/",
    "/site",
    "acme/site/more",
    "acme/site ",
    " acme/site",
    "ac me/site",
    "acme/*",
  ])("the repository %j", (repository) => {
    expect(() => refusal({}, {}, repository)).toThrow("a repository is written owner/name");
  });

  test.each([
    "",
    "build.yml",
    "acme/ci",
    "acme/ci/",
    "@refs/heads/main",
    "acme ci/x/y.yml",
    "/acme/ci/y.yml",
    "acme/ci/@refs/tags/v1",
  ])("the signer workflow %j", (signerWorkflow) => {
    expect(() => refusal({ signerWorkflow })).toThrow("a signer workflow is written owner/name/path");
  });

  test("empty lists", () => {
    expect(() => refusal({ events: [] })).toThrow("an empty list of events");
    for (const list of ["branches", "tags", "refs"] as const) {
      expect(() => refusal({ [list]: [] })).toThrow("an empty list of branches, tags or refs");
      expect(() => refusal({ branches: ["main"], tags: ["v1"], refs: ["refs/x"], [list]: [] })).toThrow(
        "an empty list",
      );
    }
  });
});

describe("refs", () => {
  const from = (sourceRepositoryRef: string | undefined, requirement: Partial<GitHubActionsRequirement>) =>
    refusal(requirement, { sourceRepositoryRef });

  test("of any of the three lists do", () => {
    const lists = { branches: ["main", "release/*"], tags: ["v*"], refs: ["refs/notes/x"] };
    for (const ref of ["refs/heads/main", "refs/heads/release/1", "refs/tags/v1", "refs/notes/x"]) {
      expect(from(ref, lists)).toBeUndefined();
    }
    for (const ref of ["refs/tags/main", "refs/heads/v1", "refs/notes/y", "main", ""]) {
      expect(from(ref, lists)).toContain("made from");
    }
    expect(from(undefined, lists)).toContain("made from no ref");
  });

  test.each([{ branches: ["main"] }, { tags: ["v1"] }, { refs: ["refs/x"] }])(
    "of one list alone: %j",
    (list) => {
      const [[name, [value]]] = Object.entries(list) as [[string, [string]]];
      const whole = { branches: `refs/heads/${value}`, tags: `refs/tags/${value}`, refs: value }[name];
      expect(from(whole, list)).toBeUndefined();
      expect(from("refs/heads/other", list)).toContain("made from refs/heads/other");
    },
  );
});
