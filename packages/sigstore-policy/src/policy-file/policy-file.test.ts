import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Manifest, PolicySubject, Registry, Signer, StatementClaim } from "@blob/registry";
import { createMemoryRegistry, sha256Digest } from "@blob/registry";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  isPolicyError,
  keylessSigner,
  keySigner,
  loadPrivateKey,
  parsePolicyFile,
  policyFromContent,
  policyFromFile,
  trustedRootBytes,
} from "../index.js";
import type { TestSigstore } from "../sigstore-server/index.js";
import { githubActionsClaims, startTestSigstore } from "../sigstore-server/index.js";

const issuer = "https://token.actions.githubusercontent.com";
const workflow = "https://github.com/acme/site/.github/workflows/release.yml@refs/heads/main";
const repository = "acme/site";
const mediaType = "application/vnd.oci.image.manifest.v1+json";

let sigstore: TestSigstore;
let folder: string;
beforeAll(async () => {
  sigstore = await startTestSigstore();
  folder = await mkdtemp(path.join(tmpdir(), "blob-policy-"));
});
afterAll(async () => {
  await sigstore.close();
  await rm(folder, { recursive: true });
});

const trustedRoot = trustedRootBytes(
  Buffer.from('{"mediaType":"application/vnd.dev.sigstore.trustedroot+json"}'),
);

async function push(registry: Registry, manifest: object): Promise<Manifest> {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...manifest }));
  const descriptor = { mediaType, digest: sha256Digest(bytes), size: bytes.length };
  await registry.pushManifest(repository, { mediaType, bytes });
  return { descriptor, bytes };
}

async function pushBlob(registry: Registry, bytes: Uint8Array): Promise<{ digest: string; size: number }> {
  const id = { digest: sha256Digest(bytes), size: bytes.length };
  await registry.pushBlob(repository, id, async function* () {
    yield bytes;
  });
  return id;
}

/** An artifact that a signer made claims about. */
async function subjectSignedBy(
  signer: Signer,
  claims: readonly (StatementClaim | undefined)[],
): Promise<PolicySubject> {
  const registry = createMemoryRegistry();
  const empty = {
    mediaType: "application/vnd.oci.empty.v1+json",
    ...(await pushBlob(registry, Buffer.from("{}"))),
  };
  const manifest = await push(registry, { config: empty, layers: [] });
  for (const claim of claims) {
    const attachment = await signer.sign(manifest, claim === undefined ? {} : { claim });
    const layer = { mediaType: attachment.mediaType, ...(await pushBlob(registry, attachment.bytes)) };
    await push(registry, {
      artifactType: attachment.mediaType,
      config: empty,
      layers: [layer],
      subject: manifest.descriptor,
      annotations: attachment.annotations,
    });
  }
  return { registry, repository, manifest };
}

interface Job {
  readonly repository?: string;
  /** The reusable workflow that it calls. */
  readonly called?: string;
}

const ref = "refs/heads/main";

function workflowSigner({ repository: source = "acme/site", called }: Job = {}): Signer {
  const claims = called === undefined ? {} : { job_workflow_ref: called };
  return keylessSigner({
    identity: {
      name: "a workflow",
      token: async ({ audience }) =>
        sigstore.tokens.mint({ ...githubActionsClaims(source, ref, claims), aud: audience }),
    },
    fulcioUrl: sigstore.urls.fulcio,
    log: { url: sigstore.urls.rekorV1, version: 1 },
  });
}

const provenanceOf = (source: string, builder: string): StatementClaim => ({
  predicateType: "https://slsa.dev/provenance/v1",
  predicate: {
    buildDefinition: {
      externalParameters: {
        workflow: {
          repository: `https://github.com/${source}`,
          ref: "refs/heads/main",
          path: ".github/workflows/release.yml",
        },
      },
    },
    runDetails: { builder: { id: builder } },
  },
});

const provenance = provenanceOf("acme/site", workflow);

async function verdict(text: string, subject: PolicySubject): Promise<boolean> {
  const root = trustedRootBytes(Buffer.from(JSON.stringify(sigstore.trustedRoot)));
  const policy = await parsePolicyFile(text, { trustedRoot: root, directory: folder });
  return (await policy.evaluate(subject)).ok;
}

describe("what a file requires is what its policy accepts", () => {
  let subject: PolicySubject;
  beforeAll(async () => {
    subject = await subjectSignedBy(workflowSigner(), [undefined, provenance]);
  });

  test.each([
    [true, `signature: {keyless: {issuer: "${issuer}", identity: "${workflow}"}}`],
    [true, `signature: {keyless: {issuer: "${issuer}", identity: "${workflow.replace("main", "*")}"}}`],
    [false, `signature: {keyless: {issuer: "${issuer}", identity: "https://github.com/acme/*"}}`],
    [false, `signature: {keyless: {issuer: "https://evil.example", identity: "${workflow}"}}`],
    [true, `signature: {issuer: "${issuer}", subject_regex: "https://github\\\\.com/acme/.*"}`],
    [true, `signature: {issuer: "${issuer}", subject_regex: "nothing|https://github.com/acme/site/.+"}`],
    // Part of the subject fits, and the whole does not.
    [false, `signature: {issuer: "${issuer}", subject_regex: "github.com/acme"}`],
    [false, `signature: {issuer: "${issuer}", subject_regex: "https://github.com/acme|nothing"}`],
    [false, `signature: {issuer: "https://evil.example", subject_regex: ".*"}`],
    [
      true,
      `provenance: {slsa: {builder: "${workflow}", repository: "https://github.com/acme/site", branch: main}}`,
    ],
    [true, `provenance: {source_repo: acme/site}`],
    [
      true,
      `provenance: {builder: "${workflow}", source_repo: github.com/acme/site, branches: [dev, main], tags: [v*]}`,
    ],
    [false, `provenance: {source_repo: acme/sit}`],
    [false, `provenance: {source_repo: acme/site-evil}`],
    [false, `provenance: {source_repo: acme/site, branches: [dev]}`],
    [false, `provenance: {source_repo: acme/site, tags: ["*"]}`],
    [false, `provenance: {slsa: {repository: acme/site, builder: "https://github.com/acme/site"}}`],
    [
      true,
      `{signature: {keyless: {issuer: "${issuer}", identity: "${workflow}"}}, provenance: {source_repo: acme/site}}`,
    ],
    [
      false,
      `{signature: {keyless: {issuer: "${issuer}", identity: "${workflow}"}}, provenance: {source_repo: acme/other}}`,
    ],
  ])("%s: %s", async (expected, text) => {
    expect(await verdict(text, subject)).toBe(expected);
  });

  test("an expression that backtracks without end accepts nothing, and ends", async () => {
    const text = `signature: {issuer: "${issuer}", subject_regex: "([a-z:/.A-Z@-]+)+#"}`;
    expect(await verdict(text, subject)).toBe(false);
  });
});

describe("a builder alone", () => {
  const called = "builders/ci/.github/workflows/build.yml@refs/tags/v1";
  const builder = `https://github.com/${called}`;
  const keyless = (identity: string): string =>
    `signature: {keyless: {issuer: "${issuer}", identity: "${identity}"}}`;
  const rule = (id: string): string => `provenance: {slsa: {builder: "${id}"}}`;
  const stated = async (job: Job, id: string, from = job.repository ?? "acme/site"): Promise<PolicySubject> =>
    subjectSignedBy(workflowSigner(job), [undefined, provenanceOf(from, id)]);

  test("that is a workflow at GitHub signs for itself, whoever calls it", async () => {
    const subject = await stated({ repository: "who/ever", called }, builder);
    expect(await verdict(rule(builder), subject)).toBe(true);
    expect(await verdict(`provenance: {builder: "${builder}"}`, subject)).toBe(true);
    expect(await verdict(`provenance: {slsa: {builder: "${builder}", branch: main}}`, subject)).toBe(true);
    expect(await verdict(`provenance: {slsa: {builder: "${builder}", branch: dev}}`, subject)).toBe(false);
    for (const other of [
      `${builder}.2`,
      builder.slice(0, -1),
      builder.slice(0, builder.indexOf("@")),
      builder.replace("v1", "*"),
      builder.replace("builders/", "builders-evil/"),
      builder.replace("ci/", "c/"),
    ]) {
      expect(await verdict(rule(other), subject)).toBe(false);
    }
  });

  test("is not believed when others sign for it", async () => {
    const longer = `${called}2`;
    const evil = called.replace("builders/", "builders-evil/");
    for (const subject of [
      await stated({ repository: "acme/site" }, builder),
      await stated({ called: longer }, builder),
      await stated({ called: evil }, builder),
      await stated({ called: `acme/${called}` }, builder),
      // Signed by the builder, for another repository than it says.
      await stated({ repository: "who/ever", called }, builder, "acme/site"),
    ]) {
      expect(await verdict(rule(builder), subject)).toBe(false);
    }
  });

  test("of another kind is who signs as the identity of the same file", async () => {
    const id = "https://builder.example/v1";
    const subject = await stated({}, id);
    expect(await verdict(`{${keyless(workflow)}, ${rule(id)}}`, subject)).toBe(true);
    expect(await verdict(`{${keyless(`${workflow}2`)}, ${rule(id)}}`, subject)).toBe(false);
    expect(await verdict(`{${keyless(workflow)}, ${rule(`${id}2`)}}`, subject)).toBe(false);
    expect(await verdict(`{${keyless(workflow)}, ${rule(id.slice(0, -1))}}`, subject)).toBe(false);
  });

  test("leaves open what was built, and says so", async () => {
    const { notRestricted } = await parsePolicyFile(rule(builder), { trustedRoot });
    expect(notRestricted).toContain("the repository: whatever the builder was given to build");
  });
});

describe("an owner without a repository", () => {
  const called = "acme/ci/.github/workflows/build.yml@refs/tags/v1";
  const accepted = async (text: string, { repository: source = "", called: by }: Job): Promise<boolean> => {
    const signed = `https://github.com/${by ?? `${source}/.github/workflows/release.yml@${ref}`}`;
    return verdict(
      text,
      await subjectSignedBy(workflowSigner({ repository: source, ...(by && { called: by }) }), [
        provenanceOf(source, signed),
      ]),
    );
  };

  test.each(["acme", "https://github.com/acme", "github.com/acme", "github.com/acme/", "ACME"])(
    "%s is each of its repositories",
    async (owner) => {
      expect(
        await accepted(`provenance: {slsa: {repository: "${owner}"}}`, { repository: "acme/site" }),
      ).toBe(true);
    },
  );

  test.each(["acme-evil/x", "x/acme", "acm/e", "x/y", "acme.evil/acme"])("acme is not %s", async (source) => {
    expect(await accepted("provenance: {slsa: {repository: acme}}", { repository: source })).toBe(false);
  });

  test("has builders of its own only when they are named", async () => {
    const job = { repository: "acme/site", called };
    expect(await accepted("provenance: {source_repo: acme}", job)).toBe(false);
    const named = `provenance: {source_repo: acme, builder: "https://github.com/${called}"}`;
    expect(await accepted(named, job)).toBe(true);
    expect(await accepted(named, { ...job, repository: "acme-evil/site" })).toBe(false);
  });
});

test("a key is found relative to the policy file, and accepts only what it signed", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = await loadPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" }));
  const subject = await subjectSignedBy(keySigner({ key, log: false }), [undefined]);
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
  await writeFile(path.join(folder, "ours.pub"), publicKey.export({ format: "pem", type: "spki" }));
  await writeFile(path.join(folder, "other.pub"), other.export({ format: "pem", type: "spki" }));
  for (const [name, expected] of [
    ["ours.pub", true],
    ["other.pub", false],
  ] as const) {
    const file = path.join(folder, "policy.yaml");
    await writeFile(file, `signature:\n  key:\n    path: ./${name}\n`);
    const policy = await policyFromFile(file, { trustedRoot });
    expect((await policy.evaluate(subject)).ok).toBe(expected);
  }
});

describe("a file that says something else is an error at its place", () => {
  test.each([
    ["", "p.yaml: the policy file is empty"],
    ["# nothing\n", "p.yaml: the policy file is empty"],
    ["{}", "p.yaml:1:1: a policy needs a signature, a provenance, or both"],
    ["[]", "p.yaml:1:1: the policy has to be a mapping"],
    ["signatures: {}", 'p.yaml:1:13: the policy has an unknown key "signatures"'],
    [
      "signature:\n  keyless:\n    issuer: a\n    identity: b\n    subject: c\n",
      "p.yaml:5:14: signature.keyless has an",
    ],
    ["signature:\n", "signature has to be a mapping"],
    ["signature: {}", "p.yaml:1:12: signature needs exactly one of"],
    ["signature: {keyless: {issuer: a, identity: b}, key: {path: x}}", "needs exactly one of"],
    ["signature: {issuer: a, keyless: {issuer: a, identity: b}}", "needs exactly one of"],
    ["signature: {issuer: a}", "signature has no subject_regex"],
    ["signature: {issuer: a, subject_regex: '('}", "p.yaml:1:39: subject_regex is not a regular expression"],
    ["signature: {issuer: a, subject_regex: 'a)|(b'}", "subject_regex is not a regular expression"],
    ["signature: {keyless: {issuer: a}}", "signature.keyless has no identity"],
    [
      "signature: {keyless: {issuer: a, identity: ''}}",
      "p.yaml:1:44: signature.keyless.identity has to be a text",
    ],
    [
      "signature: {keyless: {issuer: 1, identity: b}}",
      "p.yaml:1:31: signature.keyless.issuer has to be a text",
    ],
    ["signature: {key: {}}", "key needs either path or url"],
    ["signature: {key: {path: a, url: b}}", "key needs either path or url"],
    ["signature: {key: {url: nowhere}}", "the url of the key is none"],
    ["provenance: {slsa: {}}", "provenance.slsa has no repository"],
    ["provenance: {slsa: {builder: a}}", "p.yaml:1:13: a builder that is no workflow at GitHub does not say"],
    ["provenance: {builder: a}", "add signature.keyless with the issuer and identity"],
    ["provenance: {slsa: {repository: a/b}, tags: [a]}", "use one of both"],
    [
      "provenance: {source_repo: a/b, tags: []}",
      "p.yaml:1:38: provenance.tags has to be a list with at least one",
    ],
    ["provenance: {source_repo: a/b, tags: v1}", "has to be a list"],
    ["provenance: {source_repo: a/b, tags: [v1, 2]}", "p.yaml:1:43: provenance.tags.1 has to be a text"],
    [
      "provenance: {source_repo: 'https://git.example/a/b', builder: c}",
      "needs a builder, and signature.keyless",
    ],
    ["provenance: {source_repo: a/b}\nprovenance: {source_repo: c/d}", "p.yaml:2:1: Map keys must be unique"],
    [
      "provenance: &a {source_repo: a/b}\nsignature: *a",
      "p.yaml:2:12: a policy file cannot have YAML aliases",
    ],
    ["a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "cannot have YAML aliases"],
    ["provenance: {source_repo: a/b}\n---\n{}", "p.yaml:2:1: "],
    ["provenance: !!js/function 'x'", "p.yaml:1:13: "],
    ["provenance: {<<: {source_repo: a/b}}", 'an unknown key "<<"'],
    ["__proto__: {signature: 1}", 'an unknown key "__proto__"'],
    ["provenance: [", "p.yaml:1:"],
    ["[".repeat(60_000), "p.yaml"],
    [`# ${"x".repeat(70_000)}`, "p.yaml: the policy file is larger than 65536 bytes"],
  ])("%#", async (text, message) => {
    const error: unknown = await parsePolicyFile(text, { trustedRoot, file: "p.yaml" }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "InvalidPolicy", message: expect.stringContaining(message) });
  });

  test("a file or key that cannot be read is named", async () => {
    const file = path.join(folder, "none.yaml");
    await expect(policyFromFile(file, { trustedRoot })).rejects.toThrow(
      `the policy file ${file} cannot be read`,
    );
    const text = "signature: {key: {path: none.pub}}";
    await expect(parsePolicyFile(text, { trustedRoot, directory: folder })).rejects.toMatchObject({
      code: "KeyUnavailable",
    });
    await expect(
      parsePolicyFile("signature: {key: {url: 'http://example.com/k'}}", { trustedRoot }),
    ).rejects.toMatchObject({ code: "KeyUnavailable" });
  });

  test("content of another document is checked in the same way, at the place of that document", async () => {
    const content = { provenance: { source_repo: "acme/site" } };
    expect((await policyFromContent(content, { trustedRoot })).name).toBe("built by a job of acme/site");
    await expect(
      policyFromContent({ ...content, more: 1 }, { trustedRoot, file: "config.yaml:7" }),
    ).rejects.toThrow('config.yaml:7: the policy has an unknown key "more"');
    await expect(policyFromContent(null, { trustedRoot })).rejects.toMatchObject({ code: "InvalidPolicy" });
  });

  test("any text and any content fail with a typed error, or give a policy that has a name", async () => {
    const words = fc.constantFrom(
      "signature",
      "provenance",
      "keyless",
      "issuer",
      "source_repo",
      ":",
      " ",
      "\n",
      "- ",
      "&a",
      "*a",
      "{",
      "}",
      "[",
      "a/b",
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(words).map((parts) => parts.join("")),
    );
    const isHandled = (result: unknown): boolean =>
      isPolicyError(result) || (result as { name?: unknown }).name !== "";
    await fc.assert(
      fc.asyncProperty(text, fc.jsonValue(), async (yaml, content) => {
        const caught = (error: unknown): unknown => {
          if (isPolicyError(error)) return error;
          throw error;
        };
        expect(isHandled(await parsePolicyFile(yaml, { trustedRoot }).catch(caught))).toBe(true);
        expect(isHandled(await policyFromContent(content, { trustedRoot }).catch(caught))).toBe(true);
      }),
    );
  });
});
