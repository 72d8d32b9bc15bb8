import { createHash, createPublicKey } from "node:crypto";
import type { Descriptor, Policy, PolicySubject, Registry, Verdict } from "@blob/registry";
import { createHttpRegistry, createMemoryRegistry, sha256Digest } from "@blob/registry";
import { startTestRegistry } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { all, any } from "../combinators.js";
import { element } from "../der/der-writer.js";
import type {
  BundleContent,
  CertificateRequest,
  TestSigstore,
  TokenClaims,
} from "../sigstore-server/index.js";
import {
  createKeyPair,
  extension,
  githubActionsClaims,
  identityExtension,
  identityExtensions,
  startTestSigstore,
} from "../sigstore-server/index.js";
import { bundleMediaType } from "../bundle/bundle-json.js";
import type { TrustedRootSource } from "../verify/trusted-root-source.js";
import { githubActionsPolicy } from "./github-actions-policy.js";
import { policy, publicKeyPolicy, sigstorePolicy } from "./sigstore-policy.js";
import { githubActionsProvenance, slsaPolicy } from "./slsa-policy.js";

const signed = "https://sigstore.dev/cosign/sign/v1";
const slsaV1 = "https://slsa.dev/provenance/v1";
const repository = "acme/site";
const workflow = "https://github.com/acme/site/.github/workflows/release.yml@refs/heads/main";
const issuer = "https://token.actions.githubusercontent.com";
const imageManifest = "application/vnd.oci.image.manifest.v1+json";
const emptyConfig = Buffer.from("{}");
const keys = createKeyPair();
const publicKey = keys.publicKey.export({ format: "pem", type: "spki" }).toString();

let sigstore: TestSigstore;
let trustedRoot: TrustedRootSource;
beforeAll(async () => {
  sigstore = await startTestSigstore();
  const root = Buffer.from(JSON.stringify(sigstore.trustedRoot));
  trustedRoot = { name: "test root", load: () => Promise.resolve(root) };
});
afterAll(() => sigstore.close());

const sigstoreSigned = (): Policy => sigstorePolicy({ identity: { issuer, subject: workflow }, trustedRoot });
const keySigned = (): Policy => publicKeyPolicy({ key: publicKey, trustedRoot });
const githubSigned = (): Policy => githubActionsPolicy(repository, { trustedRoot });

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function certificate(
  claims: TokenClaims = githubActionsClaims(repository),
  request: Partial<CertificateRequest> = {},
): Uint8Array {
  const ref = claims["job_workflow_ref"];
  return sigstore.certificateAuthority.issue({
    publicKey: keys.publicKey,
    subjectAlternativeNames: [{ type: "uri", value: `https://github.com/${String(ref)}` }],
    extensions: identityExtensions(claims),
    ...request,
  });
}

function statement(sha256: string, predicateType = signed, predicate: unknown = {}): string {
  return JSON.stringify({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ digest: { sha256 } }],
    predicateType,
    predicate,
  });
}

/** A repository with one manifest, to which anybody attaches anything. */
class Archive {
  readonly registry: Registry;
  readonly bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: imageManifest,
      config: { mediaType: "application/vnd.oci.empty.v1+json", digest: sha256Digest(emptyConfig), size: 2 },
      layers: [],
      annotations: { version: "1" },
    }),
  );
  readonly sha256 = digestOf(this.bytes);
  readonly descriptor: Descriptor = {
    mediaType: imageManifest,
    digest: sha256Digest(this.bytes),
    size: this.bytes.length,
  };

  constructor(registry: Registry = createMemoryRegistry()) {
    this.registry = registry;
  }

  subject(registry: Registry = this.registry): PolicySubject {
    return { registry, repository, manifest: { descriptor: this.descriptor, bytes: this.bytes } };
  }

  async attach(
    bundle: unknown,
    {
      subject = this.descriptor,
      predicateType = signed,
    }: { subject?: Descriptor; predicateType?: string } = {},
  ): Promise<Descriptor> {
    const bytes = bundle instanceof Uint8Array ? bundle : Buffer.from(JSON.stringify(bundle));
    const layer = { mediaType: bundleMediaType, digest: sha256Digest(bytes), size: bytes.length };
    const config = {
      mediaType: "application/vnd.oci.empty.v1+json",
      digest: sha256Digest(emptyConfig),
      size: 2,
    };
    await this.put(emptyConfig);
    await this.put(bytes);
    const manifest = {
      schemaVersion: 2,
      mediaType: imageManifest,
      artifactType: bundleMediaType,
      config,
      layers: [layer],
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
      annotations: { "dev.sigstore.bundle.predicateType": predicateType },
    };
    return this.registry.pushManifest(repository, {
      mediaType: imageManifest,
      bytes: Buffer.from(JSON.stringify(manifest)),
    });
  }

  private async put(bytes: Uint8Array): Promise<void> {
    await this.registry.pushBlob(
      repository,
      { digest: sha256Digest(bytes), size: bytes.length },
      async function* open() {
        yield await Promise.resolve(bytes);
      },
    );
  }

  forge(content: Partial<BundleContent> = {}): ReturnType<TestSigstore["forge"]> {
    return sigstore.forge({
      payload: statement(this.sha256),
      privateKey: keys.privateKey,
      certificate: certificate(),
      ...content,
    });
  }
}

async function refusals(policyUnderTest: Policy, subject: PolicySubject): Promise<string> {
  const verdict: Verdict = await policyUnderTest.evaluate(subject);
  if (verdict.ok) throw new Error("accepted");
  expect(verdict.reasons.length).toBeGreaterThan(0);
  return verdict.reasons.map(({ message }) => message).join("\n");
}

/** What a policy says about an archive that has only this bundle. */
async function refusalOf(
  bundle: (archive: Archive) => unknown,
  policyUnderTest: Policy = sigstoreSigned(),
): Promise<string> {
  const archive = new Archive();
  await archive.attach(bundle(archive));
  return refusals(policyUnderTest, archive.subject());
}

describe("what is accepted", () => {
  test.each(["dsse", "intoto"] as const)("a certificate with an entry %s", async (log) => {
    const archive = new Archive();
    const referrer = await archive.attach(archive.forge({ log }));
    for (const accepting of [sigstoreSigned(), githubSigned()]) {
      expect(await accepting.evaluate(archive.subject())).toEqual({
        ok: true,
        evidence: [
          {
            policy: accepting.name,
            digest: referrer.digest,
            predicateType: signed,
            signer: { kind: "certificate", issuer, subject: workflow },
          },
        ],
      });
    }
  });

  test("a certificate with an entry of Rekor v2 and a time stamp", async () => {
    const archive = new Archive();
    await archive.attach(archive.forge({ log: "hashedrekord-v2", timestamp: true }));
    expect((await sigstoreSigned().evaluate(archive.subject())).ok).toBe(true);
  });

  test("a key, with and without a log", async () => {
    const archive = new Archive();
    await archive.attach(archive.forge({ certificate: undefined }));
    expect((await keySigned().evaluate(archive.subject())).ok).toBe(true);
    expect((await publicKeyPolicy({ key: publicKey }).evaluate(archive.subject())).ok).toBe(true);
  });

  test("one good signature among bad ones", async () => {
    const archive = new Archive();
    await archive.attach(Buffer.from("no bundle"));
    await archive.attach({ ...archive.forge(), surprise: true });
    await archive.attach(archive.forge());
    expect((await sigstoreSigned().evaluate(archive.subject())).ok).toBe(true);
  });

  test("a certificate that has expired since, by the time of the log", async () => {
    const then = new Date(Date.now() - 3_600_000);
    const archive = new Archive();
    const old = certificate(undefined, { notBefore: then });
    await archive.attach(archive.forge({ certificate: old, loggedAt: then }));
    const accepting = policy(
      "old",
      { identity: { issuer, subject: workflow }, trustedRoot },
      ({ signedTimes }) => {
        expect(signedTimes.map((time) => Math.floor(time.getTime() / 1000))).toEqual([
          Math.floor(then.getTime() / 1000),
        ]);
        return true;
      },
    );
    expect((await accepting.evaluate(archive.subject())).ok).toBe(true);
  });
});

describe("requests", () => {
  test("one signature costs three, whatever number of policies asks", async () => {
    const server = await startTestRegistry();
    const http = createHttpRegistry(server.host, { plainHttp: true });
    try {
      const archive = new Archive(server.registry);
      await archive.attach(archive.forge());
      const both = all([sigstoreSigned(), githubSigned(), any([sigstoreSigned(), keySigned()])]);
      const verdict = await both.evaluate(archive.subject(http));
      expect(verdict.ok && verdict.evidence?.length).toBe(3);
      expect(server.requests.map(({ method }) => method)).toEqual(["GET", "GET", "GET"]);
    } finally {
      await http.close();
      await server.close();
    }
  });

  test("a registry in trouble is an error, and no verdict", async () => {
    const server = await startTestRegistry();
    const http = createHttpRegistry(server.host, { plainHttp: true });
    await server.close();
    try {
      await expect(sigstoreSigned().evaluate(new Archive().subject(http))).rejects.toMatchObject({
        code: "Network",
      });
    } finally {
      await http.close();
    }
  });

  test("ends with the signal's reason after an abort", async () => {
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    const archive = new Archive();
    await archive.attach(archive.forge());
    await expect(sigstoreSigned().evaluate(archive.subject(), { signal: controller.signal })).rejects.toThrow(
      "enough",
    );
  });
});

describe("attacks on what is signed", () => {
  test("a manifest that was swapped between two requests", async () => {
    const honest = new Archive();
    await honest.attach(honest.forge());
    const bytes = Buffer.from(honest.bytes.toString("utf8").replace('"1"', '"2"'));
    const descriptor: Descriptor = { ...honest.descriptor, digest: sha256Digest(bytes), size: bytes.length };
    // The registry says that the signature of the old manifest is one of the new.
    const registry: Registry = {
      ...honest.registry,
      referrers: (name, _digest, options) =>
        honest.registry.referrers(name, honest.descriptor.digest, options),
    };
    const subject: PolicySubject = { registry, repository, manifest: { descriptor, bytes } };
    expect(await refusals(sigstoreSigned(), subject)).toContain(
      `the referrer is about ${honest.descriptor.digest}`,
    );
  });

  test("a referrer whose subject is another manifest", async () => {
    const archive = new Archive();
    const other: Descriptor = { ...archive.descriptor, digest: `sha256:${"0".repeat(64)}` };
    const referrer = await archive.attach(archive.forge(), { subject: other });
    const registry: Registry = {
      ...archive.registry,
      async *referrers() {
        yield await Promise.resolve({ ...referrer, artifactType: bundleMediaType });
      },
    };
    expect(await refusals(sigstoreSigned(), archive.subject(registry))).toContain(
      "the referrer is about sha256:000",
    );
  });

  test("a statement about another artifact", async () => {
    expect(await refusalOf((archive) => archive.forge({ payload: statement("0".repeat(64)) }))).toContain(
      "the statement is about sha256:000",
    );
  });

  test("an empty subject", async () => {
    const payload = JSON.stringify({
      _type: "https://in-toto.io/Statement/v1",
      subject: [],
      predicateType: signed,
      predicate: {},
    });
    expect(await refusalOf((archive) => archive.forge({ payload }))).toContain(
      "the statement has no subject",
    );
  });

  test("an envelope without a signature", async () => {
    for (const signatures of [[], [{ sig: "" }], [{}]]) {
      const told = await refusalOf((archive) => {
        const bundle = archive.forge({ log: "none" });
        return { ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, signatures } };
      });
      expect(told).toContain("dsseEnvelope.signatures");
    }
  });

  test("two signatures", async () => {
    const told = await refusalOf((archive) => {
      const bundle = archive.forge();
      const [one] = bundle.dsseEnvelope?.signatures ?? [];
      return { ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, signatures: [one, one] } };
    });
    expect(told).toContain("dsseEnvelope.signatures");
  });

  test("a verification summary, or anything else, as a signature", async () => {
    const vsa = "https://slsa.dev/verification_summary/v1";
    expect(
      await refusalOf((archive) => archive.forge({ payload: statement(archive.sha256, vsa) })),
    ).toContain(`states ${vsa}, not ${signed}`);
  });

  test("another payload type", async () => {
    expect(await refusalOf((archive) => archive.forge({ payloadType: "application/json" }))).toContain(
      "the envelope has the payload type application/json",
    );
  });

  test("a statement of an unknown type", async () => {
    const payload = (archive: Archive): string =>
      statement(archive.sha256).replace("Statement/v1", "Statement/v9");
    expect(await refusalOf((archive) => archive.forge({ payload: payload(archive) }))).toContain(
      "Statement/v9",
    );
  });

  test("a member named twice, in the bundle and in the statement", async () => {
    expect(
      await refusalOf((archive) =>
        Buffer.from(JSON.stringify(archive.forge()).replace('{"mediaType"', '{"mediaType":"x","mediaType"')),
      ),
    ).toContain("the bundle names a member twice");
    const payload = (archive: Archive): string =>
      statement(archive.sha256).replace('"subject"', '"predicateType":"x","subject"');
    expect(await refusalOf((archive) => archive.forge({ payload: payload(archive) }))).toContain(
      "the statement names a member twice",
    );
  });

  test("a field that bundles do not have", async () => {
    const told = await refusalOf((archive) => {
      const bundle = archive.forge();
      const [one] = bundle.dsseEnvelope?.signatures ?? [];
      return { ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, signatures: [{ ...one, cert: "x" }] } };
    });
    expect(told).toContain("unknown field cert");
  });
});

describe("attacks on who signed", () => {
  test("a repository whose name begins like ours", async () => {
    const evil = certificate(githubActionsClaims("acme/site-evil"));
    for (const refusing of [sigstoreSigned(), githubSigned()]) {
      expect(await refusalOf((archive) => archive.forge({ certificate: evil }), refusing)).toContain(
        "site-evil",
      );
    }
  });

  test("a foreign repository that calls our reusable workflow", async () => {
    const claims = githubActionsClaims("evil/site", "refs/heads/main", {
      job_workflow_ref: "acme/site/.github/workflows/release.yml@refs/heads/main",
    });
    const told = await refusalOf(
      (archive) => archive.forge({ certificate: certificate(claims) }),
      githubSigned(),
    );
    expect(told).toContain("made from https://github.com/evil/site, not https://github.com/acme/site");
  });

  test("our repository that calls a foreign workflow", async () => {
    const claims = githubActionsClaims(repository, "refs/heads/main", {
      job_workflow_ref: "evil/ci/.github/workflows/release.yml@refs/heads/main",
    });
    const bundle = (archive: Archive): unknown => archive.forge({ certificate: certificate(claims) });
    expect(await refusalOf(bundle, githubSigned())).toContain("which is not in acme/site");
    const named = githubActionsPolicy(repository, {
      trustedRoot,
      signerWorkflow: "evil/ci/.github/workflows/release.yml@refs/heads/main",
    });
    const archive = new Archive();
    await archive.attach(bundle(archive));
    expect((await named.evaluate(archive.subject())).ok).toBe(true);
  });

  test.each([
    ["branch", { branches: ["release/*"] }, "made from refs/heads/main, not from refs/heads/release/*"],
    ["tag", { tags: ["v*"] }, "made from refs/heads/main, not from refs/tags/v*"],
    [
      "workflow",
      { workflow: ".github/workflows/other.yml" },
      "not https://github.com/acme/site/.github/workflows/other",
    ],
    ["repository id", { repositoryId: "7" }, "made from the repository 1001, not 7"],
    ["owner id", { ownerId: "7" }, "made for the owner 2002, not 7"],
    ["event", { events: ["release"] }, "started by push, not release"],
    ["issuer", { issuer: "https://token.example.com" }, "vouched for by"],
  ])("a job of another %s", async (_what, options, message) => {
    const refusing = githubActionsPolicy(repository, { trustedRoot, ...options });
    expect(await refusalOf((archive) => archive.forge(), refusing)).toContain(message);
  });

  test("a key for a keyless policy, and a certificate for a key", async () => {
    expect(await refusalOf((archive) => archive.forge({ certificate: undefined }))).toContain(
      "signed with a key, and a certificate is required",
    );
    expect(await refusalOf((archive) => archive.forge(), keySigned())).toContain(
      "signed with a certificate, and a key is required",
    );
  });

  test("a certificate of an authority that is not trusted", async () => {
    await using other = await startTestSigstore();
    const foreign = other.certificateAuthority.issue({
      publicKey: keys.publicKey,
      subjectAlternativeNames: [{ type: "uri", value: workflow }],
      extensions: identityExtensions(githubActionsClaims(repository)),
    });
    expect(await refusalOf((archive) => archive.forge({ certificate: foreign }))).toContain(
      "certificate chain",
    );
  });

  test("a certificate that had expired when the log took the entry", async () => {
    const old = certificate(undefined, { notBefore: new Date(Date.now() - 3_600_000) });
    expect(await refusalOf((archive) => archive.forge({ certificate: old }))).toContain("certificate chain");
  });

  test.each([
    ["not for signing code", { extendedKeyUsage: ["1.3.6.1.5.5.7.3.1"] }, "not for signing code"],
    ["for no use", { extendedKeyUsage: [] }, "not for signing code"],
    ["without a transparency log", { ctLogs: [] }, "SCTs"],
    [
      "with two names",
      {
        subjectAlternativeNames: [
          { type: "uri", value: workflow },
          { type: "uri", value: "https://evil.example" },
        ],
      },
      "not exactly one subject",
    ],
    [
      "with an extension twice",
      {
        extensions: [
          ...identityExtensions(githubActionsClaims(repository)),
          identityExtension(12, "https://evil"),
        ],
      },
      "an extension twice",
    ],
    [
      "with two issuers",
      { extensions: [identityExtension(1, "https://a"), identityExtension(8, "https://b")] },
      "two issuers",
    ],
  ] as const)("a certificate %s", async (_what, request, message) => {
    const bad = certificate(undefined, request);
    expect(await refusalOf((archive) => archive.forge({ certificate: bad }))).toContain(message);
  });

  test("an issuer that only differs in the highest bit of a byte", async () => {
    const bytes = Buffer.from(issuer);
    bytes[0] = (bytes[0] ?? 0) | 0x80;
    const oid = "1.3.6.1.4.1.57264.1.8";
    const bad = certificate(undefined, { extensions: [extension(oid, element(0x0c, bytes))] });
    expect(await refusalOf((archive) => archive.forge({ certificate: bad }))).toContain("not UTF-8");
  });
});

describe("attacks on logs", () => {
  test("no log entry", async () => {
    expect(await refusalOf((archive) => archive.forge({ log: "none", timestamp: true }))).toContain(
      "the bundle has 0 log entries, and 1 are required",
    );
  });

  test("no time", async () => {
    expect(await refusalOf((archive) => archive.forge({ log: "hashedrekord-v2" }))).toContain(
      "the bundle has 0 signed times, and 1 are required",
    );
  });

  test("the log entry of another artifact", async () => {
    const told = await refusalOf((archive) => {
      const other = archive.forge({ payload: statement("0".repeat(64)) });
      return archive.forge({ log: other.verificationMaterial.tlogEntries ?? [] });
    });
    expect(told).toContain("the log entry is about another signature");
  });

  test("one log entry, twice, where two are required", async () => {
    const twice = sigstorePolicy({
      identity: { issuer, subject: workflow },
      trustedRoot,
      thresholds: { logEntries: 2 },
    });
    const told = await refusalOf((archive) => {
      const bundle = archive.forge();
      const [entry] = bundle.verificationMaterial.tlogEntries ?? [];
      const material = { ...bundle.verificationMaterial, tlogEntries: [entry, entry] };
      return { ...bundle, verificationMaterial: material };
    }, twice);
    expect(told).toContain("the bundle has a log entry twice");
  });

  test("a checkpoint signed by a name that is a regular expression", async () => {
    for (const name of ["(a+)+$", "[", ".*"]) {
      const told = await refusalOf((archive) => {
        const text = JSON.stringify(archive.forge());
        return Buffer.from(text.replaceAll(/\u2014 [^ ]+ /g, `\u2014 ${name} `));
      });
      expect(told).toMatch(/signer whose name is not a host|did not sign the checkpoint/);
    }
  });

  test("a checkpoint of another log", async () => {
    const told = await refusalOf((archive) => {
      const [entry] = archive.forge().verificationMaterial.tlogEntries ?? [];
      const proof = entry?.inclusionProof;
      if (entry === undefined || proof === undefined) throw new Error("no proof");
      const checkpoint = { envelope: sigstore.rekorV1.checkpoint({ origin: "evil.example - 1" }) };
      return archive.forge({ log: [{ ...entry, inclusionProof: { ...proof, checkpoint } }] });
    });
    expect(told).toContain("the checkpoint is that of another log");
  });
});

describe("attacks on resources", () => {
  test("a bundle of 10 MiB", async () => {
    const archive = new Archive();
    await archive.attach(Buffer.alloc(10 * 1024 * 1024, 0x20));
    expect(await refusals(sigstoreSigned(), archive.subject())).toContain("1048576 are the most");
  });

  test("10,000 referrers", async () => {
    const archive = new Archive();
    let listed = 0;
    let fetched = 0;
    const registry: Registry = {
      ...archive.registry,
      async *referrers() {
        for (; listed < 10_000; listed += 1) {
          const digest = sha256Digest(Buffer.from(String(listed)));
          yield await Promise.resolve({
            mediaType: imageManifest,
            artifactType: bundleMediaType,
            digest,
            size: 2,
          });
        }
      },
      manifest(...call) {
        fetched += 1;
        return archive.registry.manifest(...call);
      },
    };
    const told = await refusals(sigstoreSigned(), archive.subject(registry));
    expect(told).toMatch(/^too many bundles refer to .* the first 2000 .* 8000 more were not looked at/u);
    expect(told.split("\n").length).toBeLessThan(15);
    expect(listed).toBe(10_000);
    expect(fetched).toBe(2000);
  });

  test("a bundle nested 10,000 times", async () => {
    expect(await refusalOf(() => Buffer.from("[".repeat(10_000)))).toContain("nested too deeply");
  });
});

describe("provenance", () => {
  const provenance = (overrides: Record<string, string> = {}, builder = workflow): unknown => ({
    buildDefinition: {
      buildType: "https://actions.github.io/buildtypes/workflow/v1",
      externalParameters: {
        workflow: {
          ref: "refs/heads/main",
          repository: "https://github.com/acme/site",
          path: ".github/workflows/release.yml",
          ...overrides,
        },
      },
    },
    runDetails: { builder: { id: builder } },
  });
  const v02 = (uri = "git+https://github.com/acme/site@refs/heads/main"): unknown => ({
    builder: { id: workflow },
    invocation: { configSource: { uri, entryPoint: ".github/workflows/release.yml" } },
  });
  const built = (): Policy =>
    githubActionsProvenance(repository, {
      trustedRoot,
      branches: ["main"],
      workflow: ".github/workflows/release.yml",
    });
  const slsa = (): Policy =>
    slsaPolicy({
      identity: { issuer, subject: workflow },
      trustedRoot,
      builder: workflow,
      repository: "https://github.com/acme/site",
      branches: ["main"],
      workflow: ".github/workflows/release.yml",
    });
  const attested =
    (predicate: unknown, type = slsaV1) =>
    (archive: Archive): unknown =>
      archive.forge({ payload: statement(archive.sha256, type, predicate) });

  test.each([
    ["version 1", slsaV1, provenance()],
    ["version 0.2", "https://slsa.dev/provenance/v0.2", v02()],
  ])("of %s is accepted", async (_version, type, predicate) => {
    for (const accepting of [built(), slsa()]) {
      const archive = new Archive();
      await archive.attach(attested(predicate, type)(archive));
      expect(await accepting.evaluate(archive.subject())).toMatchObject({
        ok: true,
        evidence: [{ predicateType: type }],
      });
    }
  });

  test.each([
    [
      "of a repository whose name begins like ours",
      provenance({ repository: "https://github.com/acme/site-evil" }),
    ],
    ["of another ref", provenance({ ref: "refs/heads/evil" })],
    ["of another workflow", provenance({ path: ".github/workflows/evil.yml" })],
    ["of another builder", provenance({}, `${workflow}-evil`)],
    ["without a builder", { ...Object(provenance()), runDetails: {} }],
    ["that says nothing", {}],
    ["that is no object", null],
  ])("%s is refused", async (_what, predicate) => {
    for (const refusing of [built(), slsa()]) {
      expect(await refusalOf(attested(predicate), refusing)).toMatch(/built|made from/);
    }
  });

  test.each([
    "git+https://github.com/acme/site-evil@refs/heads/main",
    "git+https://github.com/acme/site@refs/heads/evil",
    "https://github.com/acme/site@refs/heads/main",
    "git+https://github.com/acme/site",
  ])("of version 0.2 from %s is refused", async (uri) => {
    for (const refusing of [built(), slsa()]) {
      expect(await refusalOf(attested(v02(uri), "https://slsa.dev/provenance/v0.2"), refusing)).toMatch(
        /(built|made) from/,
      );
    }
  });

  test("that contradicts its certificate is refused", async () => {
    const free = slsaPolicy({
      identity: { issuer, subject: workflow },
      trustedRoot,
      builder: workflow,
      repository: "https://github.com/acme/other",
    });
    const told = await refusalOf(attested(provenance({ repository: "https://github.com/acme/other" })), free);
    expect(told).toContain("as its certificate says");
  });

  test("from another bundle than the signature does not lend it its signer", async () => {
    const archive = new Archive();
    const evil = certificate(githubActionsClaims("evil/site"));
    await archive.attach(archive.forge());
    await archive.attach(
      archive.forge({ certificate: evil, payload: statement(archive.sha256, slsaV1, provenance()) }),
      { predicateType: slsaV1 },
    );
    expect((await githubSigned().evaluate(archive.subject())).ok).toBe(true);
    expect(await refusals(all([githubSigned(), built()]), archive.subject())).toContain("evil/site");
  });

  test("is no signature, and a signature is no provenance", async () => {
    for (const refusing of [sigstoreSigned(), githubSigned()]) {
      expect(await refusalOf(attested(provenance()), refusing)).toContain(`states ${slsaV1}, not ${signed}`);
    }
    expect(await refusalOf((archive) => archive.forge(), built())).toContain(`states ${signed}`);
  });
});

test("other predicate types than a signature count when they are named", async () => {
  const sbom = "https://cyclonedx.org/bom";
  const archive = new Archive();
  await archive.attach(archive.forge({ payload: statement(archive.sha256, sbom) }));
  const predicateTypes = ["https://spdx.dev/Document", sbom];
  const identity = { issuer, subject: workflow };
  for (const accepting of [
    githubActionsPolicy(repository, { trustedRoot, predicateTypes }),
    sigstorePolicy({ identity, trustedRoot, predicateTypes }),
  ]) {
    expect(await accepting.evaluate(archive.subject())).toMatchObject({ ok: true });
  }
});

test("policies are named after what they require", () => {
  const identity = { issuer, subject: workflow };
  const built = { identity, trustedRoot, builder: workflow, repository: "https://github.com/acme/site" };
  const fingerprint = createHash("sha256")
    .update(keys.publicKey.export({ format: "der", type: "spki" }))
    .digest("base64");
  expect(githubSigned().name).toBe("signed by a job of acme/site");
  expect(sigstoreSigned().name).toBe(`signed by ${workflow}`);
  expect(keySigned().name).toContain(fingerprint);
  expect(githubActionsProvenance(repository, { trustedRoot }).name).toBe("built by a job of acme/site");
  expect(slsaPolicy(built).name).toBe("built from https://github.com/acme/site");
  expect(policy("mine", { identity, trustedRoot }, () => true).name).toBe("mine");
});

describe("policies that make no sense cannot be made", () => {
  const identity = { issuer, subject: workflow };
  test.each([
    ["an empty identity", () => sigstorePolicy({ identity: { issuer: "", subject: "" }, trustedRoot })],
    ["no time", () => sigstorePolicy({ identity, trustedRoot, thresholds: { signedTimes: 0 } })],
    [
      "a threshold that is no number",
      () => sigstorePolicy({ identity, trustedRoot, thresholds: { logEntries: Number.NaN } }),
    ],
    ["no predicate type", () => sigstorePolicy({ identity, trustedRoot, predicateTypes: [] })],
    ["a log without a root", () => publicKeyPolicy({ key: publicKey, thresholds: { logEntries: 1 } })],
    ["a repository without an owner", () => githubActionsPolicy("site", { trustedRoot })],
    ["no branch", () => githubActionsPolicy(repository, { trustedRoot, branches: [] })],
  ])("%s", (_what, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "InvalidPolicy" }));
  });

  test("a private key instead of a public one, and it is in no message", () => {
    const pem = keys.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
    let message = "";
    try {
      publicKeyPolicy({ key: pem });
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain("give the public one");
    expect(message).not.toContain(pem.split("\n")[1]);
  });
});

test("a function decides about verified attestations only, and only true accepts", async () => {
  const archive = new Archive();
  const sbom = "https://cyclonedx.org/bom";
  await archive.attach(archive.forge({ payload: statement(archive.sha256, sbom, { licence: "MIT" }) }));
  await archive.attach(archive.forge({ certificate: certificate(githubActionsClaims("evil/site")) }));
  const seen: unknown[] = [];
  const requirement = { identity: { issuer, subject: workflow }, trustedRoot };
  const licensed = policy("MIT only", requirement, ({ predicateType, predicate }) => {
    seen.push([predicateType, predicate]);
    return true;
  });
  expect((await licensed.evaluate(archive.subject())).ok).toBe(true);
  expect(seen).toEqual([[sbom, { licence: "MIT" }]]);
  const nothing = policy("nothing", requirement, () => false);
  expect(await refusals(nothing, archive.subject())).toContain(`its ${sbom} was not accepted`);
  const because = policy("because", requirement, () => Promise.resolve("its licence is not ours"));
  expect(await refusals(because, archive.subject())).toContain("its licence is not ours");
});

test("keys of every kind verify", async () => {
  const { generateKeyPairSync } = await import("node:crypto");
  const pairs = [
    generateKeyPairSync("ec", { namedCurve: "P-256" }),
    generateKeyPairSync("ec", { namedCurve: "P-384" }),
    generateKeyPairSync("ec", { namedCurve: "P-521" }),
    generateKeyPairSync("rsa", { modulusLength: 2048 }),
    generateKeyPairSync("ed25519"),
  ];
  for (const { privateKey } of pairs) {
    const archive = new Archive();
    for (const log of ["dsse", "hashedrekord-v2"] as const) {
      await archive.attach(archive.forge({ privateKey, certificate: undefined, log }));
    }
    const key = createPublicKey(privateKey).export({ format: "pem", type: "spki" }).toString();
    const count = policy("count", { key, trustedRoot }, () => "counted");
    expect((await refusals(count, archive.subject())).match(/counted/g)?.length).toBe(2);
  }
});

test.each([
  ["https://*", "*"],
  ["*", "*@*"],
  ["https://*/*", "https://*/*"],
  ["https://*.*", "**"],
])("an identity that anybody has is refused when it is made: %s with %s", (anyIssuer, subject) => {
  expect(() => sigstorePolicy({ identity: { issuer: anyIssuer, subject }, trustedRoot })).toThrow(
    expect.objectContaining({ code: "InvalidPolicy" }),
  );
  expect(() => sigstorePolicy({ identity: { issuer, subject }, trustedRoot })).not.toThrow();
  expect(() =>
    sigstorePolicy({ identity: { issuer: anyIssuer, subject: workflow }, trustedRoot }),
  ).not.toThrow();
});
