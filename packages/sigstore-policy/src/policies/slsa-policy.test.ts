import { createHash } from "node:crypto";
import type { Descriptor, Policy, Registry } from "@blob/registry";
import { createMemoryRegistry, sha256Digest } from "@blob/registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleMediaType } from "../bundle/bundle-json.js";
import type { TestSigstore } from "../sigstore-server/index.js";
import {
  createKeyPair,
  githubActionsClaims,
  identityExtension,
  identityExtensions,
  startTestSigstore,
} from "../sigstore-server/index.js";
import { slsaV1 } from "./provenance.js";
import type { GitHubActionsProvenanceOptions, SlsaPolicyOptions } from "./slsa-policy.js";
import { githubActionsProvenance, slsaPolicy } from "./slsa-policy.js";

const issuer = "https://token.actions.githubusercontent.com";
const workflow = "https://github.com/acme/site/.github/workflows/release.yml@refs/heads/main";
const site = "https://github.com/acme/site";
const imageManifest = "application/vnd.oci.image.manifest.v1+json";
const bytes = Buffer.from("{}");
const subject: Descriptor = { mediaType: imageManifest, digest: sha256Digest(bytes), size: bytes.length };
const keys = createKeyPair();

let sigstore: TestSigstore;
beforeAll(async () => {
  sigstore = await startTestSigstore();
});
afterAll(() => sigstore.close());
const trustedRoot = {
  name: "test root",
  load: () => Promise.resolve(Buffer.from(JSON.stringify(sigstore.trustedRoot))),
};

interface Stated {
  readonly builder?: string | undefined;
  readonly repository?: string | undefined;
  readonly ref?: string | undefined;
  readonly path?: string | undefined;
}

const usual: Stated = {
  builder: workflow,
  repository: site,
  ref: "refs/heads/main",
  path: ".github/workflows/release.yml",
};

/** What its certificate says of the job; nothing but issuer and subject for `"nothing"`. */
type Job = "nothing" | { readonly repository?: string; readonly ref?: string };

function certificate(job: Job): Uint8Array {
  const { repository = "acme/site", ref = "refs/heads/main" } = job === "nothing" ? {} : job;
  const claims = githubActionsClaims(repository, ref, {
    job_workflow_ref: workflow.slice("https://github.com/".length),
  });
  return sigstore.certificateAuthority.issue({
    publicKey: keys.publicKey,
    subjectAlternativeNames: [{ type: "uri", value: workflow }],
    extensions: job === "nothing" ? [identityExtension(8, issuer)] : identityExtensions(claims),
  });
}

/** Why a policy refuses a manifest with this provenance; undefined when it accepts. */
async function refusal(
  policy: Policy,
  stated: Stated = {},
  { job = {}, signed = true }: { readonly job?: Job; readonly signed?: boolean } = {},
): Promise<string | undefined> {
  const { builder, repository, ref, path } = { ...usual, ...stated };
  const predicate = {
    buildDefinition: { externalParameters: { workflow: { repository, ref, path } } },
    runDetails: { builder: { id: builder } },
  };
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ digest: { sha256: createHash("sha256").update(bytes).digest("hex") } }],
    predicateType: slsaV1,
    predicate,
  };
  const bundle = sigstore.forge({
    payload: JSON.stringify(statement),
    privateKey: keys.privateKey,
    certificate: signed ? certificate(job) : undefined,
  });
  const verdict = await policy.evaluate({
    registry: carrying(Buffer.from(JSON.stringify(bundle))),
    repository: "acme/site",
    manifest: { descriptor: subject, bytes },
  });
  if (verdict.ok) return undefined;
  const [reason] = verdict.reasons;
  return reason?.message.replace(/^sha256:[0-9a-f]{64}: /u, "");
}

/** A registry in which one bundle refers to the subject. */
function carrying(bundle: Uint8Array): Registry {
  const layer = { mediaType: bundleMediaType, digest: sha256Digest(bundle), size: bundle.length };
  const manifest = Buffer.from(JSON.stringify({ artifactType: bundleMediaType, subject, layers: [layer] }));
  const referrer = { mediaType: imageManifest, digest: sha256Digest(manifest), size: manifest.length };
  return {
    ...createMemoryRegistry(),
    async *referrers() {
      yield await Promise.resolve({ ...referrer, artifactType: bundleMediaType });
    },
    manifest: () => Promise.resolve({ descriptor: referrer, bytes: manifest }),
    async *readBlob() {
      yield await Promise.resolve(bundle);
    },
  };
}

describe("provenance of any builder", () => {
  const policy = (options: Partial<SlsaPolicyOptions> = {}): Policy =>
    slsaPolicy({
      identity: { issuer, subject: workflow },
      trustedRoot,
      builder: workflow,
      repository: site,
      ...options,
    });
  const silent = { job: "nothing" } as const;

  test("is accepted when it says what is required", async () => {
    expect(await refusal(policy())).toBeUndefined();
  });

  test("may say anything else, or nothing", async () => {
    expect(await refusal(policy(), { path: undefined })).toBeUndefined();
    expect(await refusal(policy(), {}, silent)).toBeUndefined();
    expect(await refusal(policy(), { ref: undefined, path: "other.yml" }, silent)).toBeUndefined();
  });

  test.each<[string, Partial<SlsaPolicyOptions>, Stated, string]>([
    ["builder", {}, { builder: "other" }, `built by other, not ${workflow}`],
    ["repository", {}, { repository: `${site}2` }, `built from ${site}2, not ${site}`],
    ["workflow", { workflow: "a.yml" }, { path: "b.yml" }, "built with b.yml, not a.yml"],
    [
      "ref",
      { branches: ["main"] },
      { ref: "refs/heads/other" },
      "made from refs/heads/other, not from refs/heads/main",
    ],
  ])("of another %s is refused", async (_what, options, stated, message) => {
    expect(await refusal(policy(options), stated, silent)).toBe(message);
  });

  test("that does not say it is refused", async () => {
    const nothing = "what the provenance does not say";
    expect(await refusal(policy(), { builder: undefined })).toBe(`built by ${nothing}, not ${workflow}`);
    expect(await refusal(policy(), { repository: undefined })).toBe(`built from ${nothing}, not ${site}`);
    expect(await refusal(policy({ branches: ["main"] }), { ref: undefined }, silent)).toContain(
      "from no ref",
    );
  });

  test("agrees with the certificate about repository and ref, where that names them", async () => {
    const said = ", as its certificate says";
    expect(await refusal(policy(), {}, { job: { repository: "acme/other" } })).toBe(
      `built from ${site}, not https://github.com/acme/other${said}`,
    );
    expect(await refusal(policy(), {}, { job: { ref: "refs/heads/other" } })).toBe(
      `built from refs/heads/main, not refs/heads/other${said}`,
    );
    expect(await refusal(policy(), { ref: undefined })).toContain("what the provenance does not say");
    expect(await refusal(policy(), {}, { job: { repository: "Acme/Site" } })).toBeUndefined();
  });

  test("needs a certificate, also for those who require a key against the types", async () => {
    const key = keys.publicKey.export({ format: "pem", type: "spki" }).toString();
    const keyed: Partial<SlsaPolicyOptions> = Object({ key });
    expect(await refusal(policy(keyed), {}, { signed: false })).toBe(
      "signed with a key, and provenance needs a certificate",
    );
  });

  test("cannot be required without a builder and a repository", () => {
    for (const missing of [{ builder: "" }, { repository: "" }, { builder: "", repository: "" }]) {
      expect(() => policy(missing)).toThrow("a builder and a repository are needed");
    }
  });
});

describe("provenance of a GitHub Actions job", () => {
  const policy = (options: Partial<GitHubActionsProvenanceOptions> = {}, repository = "acme/site"): Policy =>
    githubActionsProvenance(repository, { trustedRoot, ...options });

  test("is accepted when it says what the certificate says, whatever workflow it names", async () => {
    expect(await refusal(policy())).toBeUndefined();
    expect(await refusal(policy(), { path: "other.yml" })).toBeUndefined();
    expect(await refusal(policy({}, "Acme/SITE"))).toBeUndefined();
    expect(await refusal(policy(), { repository: "https://github.com/ACME/site" })).toBeUndefined();
  });

  test("is of the builder that is named, or of the workflow that signed", async () => {
    expect(await refusal(policy(), { builder: "other" })).toBe(`built by other, not ${workflow}`);
    expect(await refusal(policy({ builder: "other" }), { builder: "other" })).toBeUndefined();
    expect(await refusal(policy({ builder: "other" }))).toBe(`built by ${workflow}, not other`);
    expect(await refusal(policy(), { builder: undefined })).toContain("what the provenance does not say");
  });

  test("of another repository, ref or workflow is refused", async () => {
    expect(await refusal(policy(), { repository: `${site}2` })).toBe(`built from ${site}2, not ${site}`);
    expect(await refusal(policy(), { repository: undefined })).toContain("what the provenance does not say");
    expect(await refusal(policy(), { ref: "refs/heads/other" })).toBe(
      "built from refs/heads/other, not refs/heads/main, as its certificate says",
    );
    expect(await refusal(policy({ branches: ["main"] }), { ref: "refs/heads/other" })).toContain("made from");
    const release = policy({ workflow: ".github/workflows/release.yml" });
    expect(await refusal(release)).toBeUndefined();
    expect(await refusal(release, { path: "other.yml" })).toBe(
      "built with other.yml, not .github/workflows/release.yml",
    );
  });
});
