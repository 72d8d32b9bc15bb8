import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import type { TestSigstore } from "@blob/sigstore-policy/testing";
import { githubActionsClaims, startTestSigstore } from "@blob/sigstore-policy/testing";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, hasProgram, startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runBlob } from "./testing/run-blob.js";
import type { Ran } from "./testing/run-blob.js";

/** Cosign 3.1 or later: what `COSIGN` names, else the one on the path. */
const cosignProgram = process.env["COSIGN"] ?? (hasProgram("cosign") ? "cosign" : undefined);

const issuer = "https://token.actions.githubusercontent.com";
const workflow = "https://github.com/acme/site/.github/workflows/release.yml@refs/heads/main";

describe.skipIf(cosignProgram === undefined)("the real cosign", () => {
  let sigstore: TestSigstore;
  let registry: TestRegistry;
  let directory: TemporaryDirectory;
  let token: string;
  const at = (name: string): string => path.join(directory.path, name);

  async function cosign(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly stdout: string; readonly stderr: string }> {
    return promisify(execFile)(cosignProgram ?? "", args, {
      env: {
        PATH: process.env["PATH"],
        HOME: directory.path,
        COSIGN_PASSWORD: "pw",
        COSIGN_YES: "1",
        ...env,
      },
    });
  }

  const blob = (argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
    runBlob([...argv, "--plain-http"], {
      env: { COSIGN_PASSWORD: "pw", XDG_CACHE_HOME: at("cache"), ...env },
      homeDirectory: directory.path,
    });

  /** @returns A tag, and the digest that cosign wants to be told. */
  async function pushed(name: string): Promise<{ readonly tag: string; readonly byDigest: string }> {
    const repository = `${registry.host}/acme/${name}`;
    const { stdout } = await blob(["push", `${repository}:v1`, at("site")]);
    const digest = /sha256:[0-9a-f]{64}/u.exec(stdout)?.[0] ?? "";
    return { tag: `${repository}:v1`, byDigest: `${repository}@${digest}` };
  }

  beforeAll(async () => {
    [sigstore, registry, directory] = await Promise.all([
      startTestSigstore(),
      startTestRegistry(),
      createTemporaryDirectory(),
    ]);
    const services = sigstore.signingConfig as {
      readonly rekorTlogUrls: readonly { majorApiVersion: number }[];
    };
    const rekorTlogUrls = services.rekorTlogUrls.filter(({ majorApiVersion }) => majorApiVersion === 1);
    await writeTree(at("site"), { "a.txt": "a\n" });
    await writeTree(directory.path, {
      "root.json": JSON.stringify(sigstore.trustedRoot),
      "rekor2.json": JSON.stringify(services),
      "rekor1.json": JSON.stringify({ ...services, rekorTlogUrls }),
    });
    token = sigstore.tokens.mint(githubActionsClaims("acme/site"));
    await writeFile(at("token"), token);
    await cosign(["generate-key-pair", "--output-key-prefix", at("cosign")]);
  });
  afterAll(async () => {
    await Promise.all([sigstore.close(), registry.close(), directory.remove()]);
  });

  const trusting = (): readonly string[] => ["--trusted-root", at("root.json")];
  const overHttp = (): readonly string[] => ["--allow-http-registry", ...trusting()];

  const byIdentity = {
    blobExpects: (): readonly string[] => ["--issuer", issuer, "--identity", workflow],
    cosignExpects: (): readonly string[] => [
      "--certificate-oidc-issuer",
      issuer,
      "--certificate-identity",
      workflow,
    ],
  };
  const signers = [
    {
      who: "a key",
      blobSigns: () => ["--key", at("cosign.key")],
      cosignSigns: () => ["--key", at("cosign.key")],
      environment: () => ({}),
      blobExpects: () => ["--key", at("cosign.pub")],
      cosignExpects: () => ["--key", at("cosign.pub")],
    },
    {
      who: "an identity token",
      blobSigns: () => ["--identity-token", token],
      // It takes a value for the name of a file first, for which a token of GitHub is too long.
      cosignSigns: () => ["--identity-token", at("token")],
      environment: () => ({}),
      ...byIdentity,
    },
    {
      who: "the job that it runs in",
      blobSigns: () => [],
      cosignSigns: () => [],
      environment: () => sigstore.workflowEnvironment,
      ...byIdentity,
    },
  ] as const;

  describe.each(signers)("with $who", (by) => {
    const nameOf = (signer: string, log: string): string => [signer, log, ...by.who.split(" ")].join("-");

    test.each(["rekor1", "rekor2"])("blob verifies what it signs with %s", async (log) => {
      const { tag, byDigest } = await pushed(nameOf("cosign", log));
      const config = ["--signing-config", at(`${log}.json`)];
      await cosign(["sign", ...overHttp(), ...config, ...by.cosignSigns(), byDigest], by.environment());
      const verified = await blob(["verify", tag, ...by.blobExpects(), ...trusting()]);
      expect(verified.code, verified.stderr).toBe(0);
      const another = ["--issuer", issuer, "--identity", "somebody@example.com"];
      expect(await blob(["verify", tag, ...another, ...trusting()])).toMatchObject({ code: 5 });
    });

    test.each(["rekor1", "rekor2"])("it verifies what blob signs with %s", async (log) => {
      const { tag, byDigest } = await pushed(nameOf("blob", log));
      const config = ["--signing-config", at(`${log}.json`)];
      const signed = await blob(["sign", tag, ...config, ...by.blobSigns()], by.environment());
      expect(signed.code, signed.stderr).toBe(0);
      const { stderr } = await cosign(["verify", ...overHttp(), ...by.cosignExpects(), byDigest]);
      expect(stderr).toContain("The cosign claims were validated");
      const nothing = await pushed(nameOf("nobody", log));
      await expect(
        cosign(["verify", ...overHttp(), ...by.cosignExpects(), nothing.byDigest]),
      ).rejects.toThrow();
    });
  });
});
