import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { sha256Digest } from "@blob/registry";
import { generateKeyPair } from "@blob/sigstore-policy";
import type { TestSigstore } from "@blob/sigstore-policy/testing";
import { githubActionsClaims, startTestSigstore } from "@blob/sigstore-policy/testing";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkSchema } from "./testing/script.js";
import type { Ran } from "./testing/run-blob.js";
import { runBlob } from "./testing/run-blob.js";

const password = "a password that is in no message";
let sigstore: TestSigstore;
let registry: TestRegistry;
let directory: TemporaryDirectory;
const at = (name: string): string => path.join(directory.path, name);

beforeAll(async () => {
  [sigstore, registry, directory] = await Promise.all([
    startTestSigstore(),
    startTestRegistry(),
    createTemporaryDirectory(),
  ]);
  await writeTree(at("site"), { "a.txt": "a\n" });
  await writeTree(directory.path, {
    "root.json": JSON.stringify(sigstore.trustedRoot),
    "services.json": JSON.stringify(sigstore.signingConfig),
    "predicate.json": JSON.stringify({ tests: "passed" }),
  });
  for (const name of ["release", "other"]) {
    const { privateKey, publicKey } = await generateKeyPair({ password });
    await writeFile(at(`${name}.key`), privateKey);
    await writeFile(at(`${name}.pub`), publicKey);
  }
});
afterAll(async () => {
  await Promise.all([sigstore.close(), registry.close(), directory.remove()]);
});

function blob(...argv: readonly string[]): Promise<Ran> {
  return runBlob([...argv, "--plain-http"], {
    env: { BLOB_KEY_PASSWORD: password, XDG_CACHE_HOME: at("cache") },
    homeDirectory: directory.path,
  });
}

async function pushed(name: string): Promise<string> {
  const reference = `${registry.host}/acme/${name}:v1`;
  expect(await blob("push", reference, at("site"))).toMatchObject({ code: 0 });
  return reference;
}

/** Attaches provenance that nobody signed, and that says what a policy asks for. */
async function attachBare(subject: string, artifactType: string): Promise<void> {
  const builder = "https://github.com/acme/ci/.github/workflows/b.yml@refs/heads/main";
  const statement = Buffer.from(
    JSON.stringify({
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ digest: { sha256: subject.slice("sha256:".length) } }],
      predicateType: "https://slsa.dev/provenance/v1",
      predicate: { runDetails: { builder: { id: builder } } },
    }),
  );
  const layer = { digest: sha256Digest(statement), size: statement.length };
  const store = registry.registry;
  await store.pushBlob("acme/bare", layer, async function* () {
    yield statement;
  });
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const { descriptor } = await store.manifest("acme/bare", subject);
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      artifactType,
      config: { mediaType: "application/vnd.oci.empty.v1+json", ...layer },
      layers: [{ mediaType: artifactType, ...layer }],
      subject: descriptor,
      annotations:
        artifactType === "application/vnd.in-toto+json"
          ? { "in-toto.io/predicate-type": "https://slsa.dev/provenance/v1" }
          : {},
    }),
  );
  await store.pushManifest("acme/bare", { mediaType, bytes });
}

describe("with a key", () => {
  test("--output-signature prints the bundle, and attaches nothing", async () => {
    const reference = await pushed("printed");
    const sign = ["sign", reference, "--key", at("release.key"), "--no-log"];
    const { code, stdout, stderr } = await blob(...sign, "--output-signature", "--quiet");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      dsseEnvelope: { payloadType: "application/vnd.in-toto+json" },
    });
    const verify = await blob("verify", reference, "--key", at("release.pub"));
    expect(verify).toMatchObject({ code: 5 });
    expect(await blob(...sign)).toMatchObject({ code: 0 });
    const verified = await blob("verify", reference, "--key", at("release.pub"), "--output", "json");
    await checkSchema("verify", verified.stdout, "verify");
    expect(JSON.parse(verified.stdout)).toMatchObject({
      status: "verified",
      signatures: [{ artifact_type: "application/vnd.dev.sigstore.bundle.v0.3+json" }],
    });
    const inspected = await blob("inspect", reference, "--output", "json");
    await checkSchema("inspect", inspected.stdout, "inspect");
    expect(JSON.parse(inspected.stdout)).toMatchObject({
      signatures: [{ annotations: { "dev.sigstore.bundle.content": "dsse-envelope" } }],
    });
  });

  test("push --sign, verify with that key and not with another; the JSON is as the schemas say", async () => {
    const reference = `${registry.host}/acme/keyed:v1`;
    const push = await blob(
      "push",
      reference,
      at("site"),
      "--sign",
      "--key",
      at("release.key"),
      "--no-log",
      "--output",
      "json",
    );
    expect(push.code, push.stderr).toBe(0);
    await checkSchema("push", push.stdout, "push");
    expect(JSON.parse(push.stdout)).toMatchObject({ signed: true });

    const good = await blob("verify", reference, "--key", at("release.pub"), "--output", "json");
    expect(good.code, good.stderr).toBe(0);
    await checkSchema("verify", good.stdout, "verify");
    expect(JSON.parse(good.stdout)).toMatchObject({ verified: true, signatures: [{ signed_with: "key" }] });

    const bad = await blob("verify", reference, "--key", at("other.pub"));
    expect(bad.code).toBe(5);
    expect(bad.stdout).toMatch(/^FAILED signed with the key /mu);
    expect(bad.stderr).toMatch(/^error\[PolicyViolation\]: /u);
    const json = await blob("verify", reference, "--key", at("other.pub"), "--output", "json");
    await checkSchema("verify", json.stdout, "verify");

    const inspected = await blob("inspect", reference, "--output", "json");
    await checkSchema("inspect", inspected.stdout, "inspect");
    expect((JSON.parse(inspected.stdout) as { signatures: unknown[] }).signatures).toHaveLength(1);
  });

  test("what nobody signed is refused, and a tag that moved is not verified by the old signature", async () => {
    const reference = await pushed("unsigned");
    expect(await blob("verify", reference, "--key", at("release.pub"))).toMatchObject({ code: 5 });
    await blob("sign", reference, "--key", at("release.key"), "--no-log");
    expect(await blob("verify", reference, "--key", at("release.pub"), "--skip-cache")).toMatchObject({
      code: 0,
    });
    await writeTree(at("moved"), { "b.txt": "b\n" });
    await blob("push", reference, at("moved"));
    expect(await blob("verify", reference, "--key", at("release.pub"), "--skip-cache")).toMatchObject({
      code: 5,
    });
  });

  test("attest: seen by inspect, and no signature", async () => {
    const reference = await pushed("attested");
    const flags = ["--type", "https://example.com/tests/v1", "--predicate", at("predicate.json")];
    const attest = await blob(
      "attest",
      reference,
      ...flags,
      "--key",
      at("release.key"),
      "--no-log",
      "--output",
      "json",
    );
    expect(attest.code, attest.stderr).toBe(0);
    await checkSchema("attest", attest.stdout, "attest");
    const inspected = await blob("inspect", reference);
    expect(inspected.stdout).toMatch(
      /^Attestation: sha256:[0-9a-f]{64}, https:\/\/example\.com\/tests\/v1/mu,
    );
    expect(await blob("verify", reference, "--key", at("release.pub"))).toMatchObject({ code: 5 });
  });

  test("a bare in-toto statement is listed as unsigned, and no policy believes it; a type is listed alone", async () => {
    const reference = await pushed("bare");
    expect(await blob("sign", reference, "--key", at("release.key"), "--no-log")).toMatchObject({ code: 0 });
    const { digest } = JSON.parse((await blob("inspect", reference, "--output", "json")).stdout) as {
      digest: string;
    };
    const type = "application/vnd.in-toto+json";
    const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
    await attachBare(digest, type);
    await attachBare(digest, "application/vnd.in-toto.provenance+dsse");

    const all = await blob("inspect", reference, "--skip-cache");
    expect(all.stdout).toMatch(
      /^Attestation: sha256:\S+, https:\/\/slsa\.dev\/provenance\/v1 \(unsigned\)$/mu,
    );
    expect(all.stdout).toMatch(
      /^Attestation: sha256:\S+, application\/vnd\.in-toto\S+dsse \(not verified\)$/mu,
    );
    expect(all.stdout).toMatch(/^Signature: +sha256:\S+ \(not verified\)$/mu);

    const json = async (listed: string): Promise<object> => {
      const { stdout } = await blob("inspect", reference, "--artifact-type", listed, "--output", "json");
      await checkSchema("inspect", stdout, "inspect");
      const { signatures, attestations } = JSON.parse(stdout) as Record<string, unknown>;
      return { signatures, attestations };
    };
    expect(await json(type)).toMatchObject({
      signatures: [],
      attestations: [
        { artifact_type: type, signed: false, predicate_type: "https://slsa.dev/provenance/v1" },
      ],
    });
    expect(await json(bundleType)).toMatchObject({
      signatures: [{ artifact_type: bundleType }],
      attestations: [],
    });
    expect(await json("application/other")).toEqual({ signatures: [], attestations: [] });
    expect(await blob("inspect", reference, "--artifact-type", "")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("TYPE/SUBTYPE") as unknown,
    });

    await writeFile(
      at("builder.yaml"),
      'provenance: {slsa: {builder: "https://github.com/acme/ci/.github/workflows/b.yml@refs/heads/main"}}',
    );
    const flags = ["--policy", at("builder.yaml"), "--trusted-root", at("root.json")];
    expect(await blob("verify", reference, ...flags, "--skip-cache")).toMatchObject({ code: 5 });
  });

  test("a bundle that was written to a file verifies over the manifest", async () => {
    const reference = await pushed("bundle");
    const sign = await blob(
      "sign",
      reference,
      "--key",
      at("release.key"),
      "--no-log",
      "--signature-file",
      at("b.json"),
      "--output",
      "json",
    );
    await checkSchema("sign", sign.stdout, "sign");
    const { resolved_ref: resolved } = JSON.parse(sign.stdout) as { resolved_ref: string };
    const digest = resolved.slice(resolved.indexOf("@") + 1);
    const verify = await blob(
      "verify-bundle",
      digest,
      "--bundle",
      at("b.json"),
      "--key",
      at("release.pub"),
      "--output",
      "json",
    );
    expect(verify.code, verify.stderr).toBe(0);
    await checkSchema("verify-bundle", verify.stdout, "verify-bundle");
    expect(
      await blob("verify-bundle", at("site/a.txt"), "--bundle", at("b.json"), "--key", at("release.pub")),
    ).toMatchObject({ code: 5 });
    expect(
      await blob("verify-bundle", digest, "--bundle", at("b.json"), "--key", at("other.pub")),
    ).toMatchObject({ code: 5 });
  });

  test("a wrong password, and a file that is no key: said without the password", async () => {
    const reference = await pushed("wrong");
    const wrong = await runBlob(["sign", reference, "--key", at("release.key"), "--no-log", "--plain-http"], {
      env: { BLOB_KEY_PASSWORD: "not the password" },
      homeDirectory: directory.path,
    });
    expect(wrong).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^error\[WrongPassword\]: /u) as string,
    });
    expect(wrong.stderr).not.toContain("not the password");
    expect(await blob("sign", reference, "--key", at("root.json"))).toMatchObject({ code: 2 });
    expect(await blob("sign", reference, "--key", at("nothing.key"))).toMatchObject({ code: 2 });
  });
});

describe("with an identity", () => {
  test.each(["1", "2"])(
    "sign with the log's version %s, and verify by identity or repository",
    async (version) => {
      const reference = await pushed(`keyless${version}`);
      const token = sigstore.tokens.mint({ ...githubActionsClaims("acme/site"), aud: "sigstore" });
      const { fulcio, rekorV1, rekorV2, timestampAuthority } = sigstore.urls;
      const services = [
        "--fulcio",
        fulcio,
        "--rekor",
        version === "1" ? rekorV1 : rekorV2,
        "--rekor-version",
        version,
        "--tsa",
        timestampAuthority,
      ];
      const sign = await blob("sign", reference, ...services, "--identity-token", token);
      expect(sign.code, sign.stderr).toBe(0);
      expect(sign.stdout + sign.stderr).not.toContain(token);

      const verify = (...flags: readonly string[]): Promise<Ran> =>
        blob("verify", reference, "--trusted-root", at("root.json"), ...flags);
      const issuer = String(
        JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")).iss,
      );
      const subject = "https://github.com/acme/site/.github/workflows/*@refs/heads/main";
      const good = await verify("--issuer", issuer, "--identity", subject);
      expect(good.code, good.stdout + good.stderr).toBe(0);
      expect(
        await verify("--issuer", issuer, "--identity", "https://github.com/acme/site-evil/*"),
      ).toMatchObject({ code: 5 });
      expect(await verify("--issuer", "https://issuer.example.com", "--identity", subject)).toMatchObject({
        code: 5,
      });
      expect(await verify("--repo", "acme/site", "--branches", "main")).toMatchObject({ code: 0 });
      expect(await verify("--repo", "acme/site", "--tags", "v*")).toMatchObject({ code: 5 });
      expect(await verify("--repo", "acme/sit")).toMatchObject({ code: 5 });
    },
  );

  test("the policy file of the README accepts what a workflow on main signed and built, and nothing else", async () => {
    const readme = await readFile(new URL("../../sigstore-policy/README.md", import.meta.url), "utf8");
    const example = /^```yaml\n(?<text>signature:\n[^]*?)^```$/mu.exec(readme)?.groups?.["text"] ?? "";
    await writeFile(at("readme.yaml"), example);
    const signedBy = async (name: string, claims: ReturnType<typeof githubActionsClaims>): Promise<Ran> => {
      const reference = await pushed(name);
      const workflow = `https://github.com/${String(claims["job_workflow_ref"])}`;
      const { repository, ref } = claims;
      const source = {
        repository: `https://github.com/${String(repository)}`,
        ref: String(ref),
        path: "release.yml",
      };
      await writeFile(
        at("provenance.json"),
        JSON.stringify({
          buildDefinition: { externalParameters: { workflow: source } },
          runDetails: { builder: { id: workflow } },
        }),
      );
      const token = sigstore.tokens.mint({ ...claims, aud: "sigstore" });
      const by = ["--signing-config", at("services.json"), "--identity-token", token];
      const attest = ["--type", "slsaprovenance", "--predicate", at("provenance.json")];
      for (const line of [
        ["sign", reference],
        ["attest", reference, ...attest],
      ]) {
        const ran = await blob(...line, ...by);
        expect(ran.code, ran.stderr).toBe(0);
      }
      return blob("verify", reference, "--policy", at("readme.yaml"), "--trusted-root", at("root.json"));
    };
    const good = await signedBy("readme-good", githubActionsClaims("acme/site"));
    expect(good.code, good.stdout + good.stderr).toBe(0);
    const otherRef = { ref: "refs/heads/other" };
    const workflow = "acme/site/.github/workflows/release.yml@refs/heads/other";
    for (const claims of [
      githubActionsClaims("acme/site-evil"),
      {
        ...githubActionsClaims("acme/site"),
        ...otherRef,
        job_workflow_ref: workflow,
        workflow_ref: workflow,
      },
    ]) {
      const bad = await signedBy(`readme-bad-${String(claims["ref"]).slice(11)}`, claims);
      expect(bad.code, bad.stdout + bad.stderr).toBe(5);
      expect(bad.stdout).toContain("signed by https://github.com/acme/site");
    }
  });

  test("verify says what a rule about jobs or provenance does not restrict", async () => {
    const reference = await pushed("open");
    await writeFile(at("open.yaml"), "provenance: {slsa: {repository: acme/site}}\n");
    await writeFile(at("branch.yaml"), "provenance: {slsa: {repository: acme/site, branch: main}}\n");
    const ref = "the ref: any branch, tag or pull request";
    const event = "the event: whatever starts a job, also for people from outside (pull_request_target)";
    for (const [flags, open] of [
      [
        ["--policy", at("open.yaml")],
        [ref, event],
      ],
      [["--policy", at("branch.yaml")], [event]],
      [
        ["--repo", "acme/site"],
        [ref, event],
      ],
      [["--repo", "acme/site", "--tags", "v*"], [event]],
      [["--key", at("release.pub")], []],
    ] as const) {
      const line = ["verify", reference, "--trusted-root", at("root.json"), ...flags];
      const json = await blob(...line, "--output", "json");
      await checkSchema("verify", json.stdout, "verify");
      expect(JSON.parse(json.stdout)).toMatchObject({ policies: [{ not_restricted: open }] });
      const { stdout } = await blob(...line);
      for (const what of [ref, event]) {
        expect(stdout.includes(`does not restrict ${what}`), what).toBe(open.some((one) => one === what));
      }
    }
  });

  test("a signing configuration names the services", async () => {
    const reference = await pushed("configured");
    const token = sigstore.tokens.mint({ ...githubActionsClaims("acme/site"), aud: "sigstore" });
    const sign = await blob(
      "sign",
      reference,
      "--signing-config",
      at("services.json"),
      "--identity-token",
      token,
    );
    expect(sign.code, sign.stderr).toBe(0);
  });

  test("a token that the authority refuses is in no message", async () => {
    const reference = await pushed("refused");
    const token = `${sigstore.tokens.mint({ ...githubActionsClaims("acme/site"), aud: "sigstore" }).slice(0, -8)}AAAAAAAA`;
    const sign = await blob(
      "sign",
      reference,
      "--fulcio",
      sigstore.urls.fulcio,
      "--rekor",
      sigstore.urls.rekorV1,
      "--identity-token",
      token,
      "--debug",
    );
    expect(sign.code).toBe(3);
    expect(sign.stdout + sign.stderr).not.toContain(token);
    expect(sign.stdout + sign.stderr).not.toContain(token.split(".")[1]);
  });
});

test.each([
  [["verify", "REF"], "nothing to verify by"],
  [["verify", "REF", "--issuer", "https://issuer.example.com"], "go together"],
  [["verify", "REF", "--branches", "main"], "need --repo"],
  [["sign", "REF", "--no-log"], "--no-log needs --key"],
  [["sign", "REF", "--key", "release.key", "--identity-token", "x"], "without an identity"],
  [["attest", "REF", "--type", "nonsense", "--predicate", "predicate.json"], "it is a URI"],
  [["verify-bundle", "sha256:00", "--bundle", "b.json"], "say who has to have signed"],
])("%j is a usage error", async (argv, why) => {
  const files = new Set(["release.key", "predicate.json", "b.json"]);
  const { code, stderr } = await blob(
    ...argv.map((word) =>
      files.has(word) ? at(word) : word === "REF" ? `${registry.host}/acme/x:v1` : word,
    ),
  );
  expect({ code, stderr }).toMatchObject({ code: 2 });
  expect(stderr).toContain(why);
});

test("the test services got no key and no password", async () => {
  const key = await readFile(at("release.key"), "utf8");
  for (const { body } of sigstore.requests) {
    expect(Buffer.from(body).toString("utf8")).not.toContain(password);
    expect(Buffer.from(body).toString("utf8")).not.toContain(key);
  }
});
