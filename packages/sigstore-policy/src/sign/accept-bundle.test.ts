import { createHash, generateKeyPairSync } from "node:crypto";
import type { Attachment, Manifest, Signer } from "@blob/registry";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KeylessSignerOptions, KeySignerOptions, PrivateKey } from "../index.js";
import { keylessSigner, keySigner, loadPrivateKey, trustedRootBytes, verifyBundle } from "../index.js";
import type { Misbehaviour, ServiceName, TestSigstore } from "../sigstore-server/index.js";
import {
  createCtLog,
  createKeyPair,
  createTransparencyLog,
  dsseBody,
  extendedKeyUsageOids,
  extension,
  githubActionsClaims,
  hashedRekordV2Body,
  intotoBody,
  startTestSigstore,
} from "../sigstore-server/index.js";

let sigstore: TestSigstore;
beforeEach(async () => {
  sigstore = await startTestSigstore();
});
afterEach(() => sigstore.close());

const bytes = Buffer.from('{"schemaVersion":2}');
const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}` as const;
const manifest: Manifest = {
  descriptor: { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: bytes.length },
  bytes,
};
const rootOf = (one: TestSigstore): ReturnType<typeof trustedRootBytes> =>
  trustedRootBytes(Buffer.from(JSON.stringify(one.trustedRoot)));

function keyless(options: Partial<KeylessSignerOptions> = {}): Signer {
  return keylessSigner({
    identity: {
      name: "a workflow",
      token: async ({ audience }) =>
        sigstore.tokens.mint({ ...githubActionsClaims("acme/site"), aud: audience }),
    },
    fulcioUrl: sigstore.urls.fulcio,
    log: { url: sigstore.urls.rekorV1, version: 1 },
    ...options,
  });
}

async function newKey(): Promise<PrivateKey> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return loadPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" }));
}

const withKey = async (options: Partial<KeySignerOptions> = {}): Promise<Signer> =>
  keySigner({ key: await newKey(), log: { url: sigstore.urls.rekorV1, version: 1 }, ...options });

/** Has a service be wrong, once: what signing comes to then. */
async function refusal(service: ServiceName, wrong: Misbehaviour, signer: Signer): Promise<unknown> {
  sigstore.misbehave(service, wrong);
  const outcome = await signer.sign(manifest).catch((error: unknown) => error);
  sigstore.misbehave(service);
  return outcome;
}

const asked = (): readonly ServiceName[] => sigstore.requests.map(({ service }) => service);
const invalidAnswer = (message: RegExp | string): unknown =>
  expect.objectContaining({
    code: "InvalidAnswer",
    message: typeof message === "string" ? expect.stringContaining(message) : expect.stringMatching(message),
  });

/** A log that puts something else into the entry that it was asked for. */
const logging = (change: (spec: Record<string, unknown>) => unknown): Misbehaviour => ({
  alter: (answer) => {
    const [[uuid, entry] = ["", undefined]] = Object.entries(
      JSON.parse(answer) as Record<string, { body: string }>,
    );
    const body = JSON.parse(Buffer.from(entry?.body ?? "", "base64").toString()) as {
      spec: Record<string, unknown>;
    };
    // As a log that really has this entry would answer.
    const logged = sigstore.rekorV1.append(change(body.spec));
    const hex = (base64: string | undefined): string => Buffer.from(base64 ?? "", "base64").toString("hex");
    const proof = logged.inclusionProof;
    return JSON.stringify({
      [uuid]: {
        body: logged.canonicalizedBody,
        integratedTime: Number(logged.integratedTime),
        logID: hex(logged.logId.keyId),
        logIndex: Number(logged.logIndex ?? 0),
        verification: {
          inclusionProof: {
            checkpoint: proof?.checkpoint.envelope,
            hashes: (proof?.hashes ?? []).map(hex),
            logIndex: Number(proof?.logIndex ?? 0),
            rootHash: hex(proof?.rootHash),
            treeSize: Number(proof?.treeSize),
          },
          signedEntryTimestamp: logged.inclusionPromise?.signedEntryTimestamp,
        },
      },
    });
  },
});

describe("an entry that a log proves, but for something else, is not used", () => {
  const stranger = createKeyPair();
  const pem = Buffer.from(stranger.publicKey.export({ type: "spki", format: "pem" })).toString("base64");
  const entry = (spec: unknown): unknown => ({ apiVersion: "0.0.1", kind: "dsse", spec });

  test.each([
    [
      "another signer",
      "another signer",
      (spec: Record<string, unknown>) =>
        entry({ ...spec, signatures: [{ ...(spec["signatures"] as [object])[0], verifier: pem }] }),
    ],
    [
      "another payload",
      "another content",
      (spec: Record<string, unknown>) =>
        entry({ ...spec, payloadHash: { algorithm: "sha256", value: "00".repeat(32) } }),
    ],
    [
      "another signature",
      "another signature",
      (spec: Record<string, unknown>) =>
        entry({ ...spec, signatures: [{ ...(spec["signatures"] as [object])[0], signature: "AAAA" }] }),
    ],
    [
      "a second signer",
      "not exactly one signature",
      (spec: Record<string, unknown>) =>
        entry({ ...spec, signatures: [...(spec["signatures"] as object[]), { signature: "AAAA" }] }),
    ],
    ["a kind of its own", "another kind", () => ({ apiVersion: "0.0.1", kind: "rpm", spec: {} })],
  ])("%s", async (_what, reason, change) => {
    for (const signer of [keyless(), await withKey()]) {
      expect(await refusal("rekorV1", logging(change), signer)).toEqual(
        invalidAnswer(
          new RegExp(`the transparency log \\(127\\.0\\.0\\.1:\\d+\\) did not prove .*${reason}`, "u"),
        ),
      );
    }
  });

  test("an envelope of somebody else in the log", async () => {
    const { dsseEnvelope } = sigstore.forge({ payload: "{}", privateKey: stranger.privateKey, log: "none" });
    if (dsseEnvelope === undefined) throw new Error("no envelope");
    for (const logged of [
      dsseBody(dsseEnvelope, stranger.publicKey),
      intotoBody(dsseEnvelope, stranger.publicKey),
    ]) {
      expect(await refusal("rekorV1", { logged }, keyless())).toEqual(invalidAnswer("did not prove"));
    }
  });

  test("in Rekor v2, another signer of the same hash", async () => {
    const signer = await withKey({ log: { url: sigstore.urls.rekorV2, version: 2 } });
    const alter = (answer: string): string => {
      const { canonicalizedBody } = JSON.parse(answer) as { canonicalizedBody: string };
      const { spec } = JSON.parse(Buffer.from(canonicalizedBody, "base64").toString()) as {
        spec: { hashedRekordV002: { data: { digest: string }; signature: { content: string } } };
      };
      const { data, signature } = spec.hashedRekordV002;
      const body = hashedRekordV2Body(
        Buffer.from(data.digest, "base64"),
        Buffer.from(signature.content, "base64"),
        stranger.publicKey,
      );
      return JSON.stringify(sigstore.rekorV2.append(body));
    };
    expect(await refusal("rekorV2", { alter }, signer)).toEqual(invalidAnswer("another signer"));
  });
});

describe("a certificate that no verifier takes is not used, and nothing is logged", () => {
  test.each<[string, Misbehaviour["certificate"], string]>([
    ["for servers", { extendedKeyUsage: [extendedKeyUsageOids.timeStamping] }, "not for signing code"],
    ["for anything", { extendedKeyUsage: [] }, "not for signing code"],
    ["for nobody", { subjectAlternativeNames: [] }, "not exactly one subject"],
    [
      "for two",
      {
        subjectAlternativeNames: [
          { type: "email", value: "a@example.com" },
          { type: "email", value: "b@example.com" },
        ],
      },
      "not exactly one subject",
    ],
    ["of nobody", { extensions: [] }, "who vouched"],
    ["with more in it", { extensions: [extension("1.2.3.4", Buffer.of(5, 0), true)] }, "unknown critical"],
  ])("%s", async (_what, certificate, reason) => {
    expect(await refusal("fulcio", { certificate }, keyless())).toEqual(
      invalidAnswer(new RegExp(`the certificate authority \\(127\\.0\\.0\\.1:\\d+\\) .*${reason}`, "u")),
    );
    expect(asked()).toEqual(["fulcio"]);
  });
});

describe("with a trusted root", () => {
  test("what is signed is what its readers accept", async () => {
    const trustedRoot = rootOf(sigstore);
    const timestampUrl = sigstore.urls.timestampAuthority;
    const identity = {
      issuer: "https://token.actions.githubusercontent.com",
      subject: "https://github.com/**",
    };
    const v2 = { url: sigstore.urls.rekorV2, version: 2 } as const;
    for (const services of [
      {},
      { timestampUrl },
      { log: v2, timestampUrl },
      { log: false as const, timestampUrl },
    ]) {
      const attachment = await keyless({ trustedRoot, ...services }).sign(manifest);
      const logEntries = "log" in services && services.log === false ? 0 : 1;
      const question = {
        bundle: attachment.bytes,
        artifact: { bytes },
        trustedRoot,
        thresholds: { logEntries },
      };
      const subject = "https://github.com/acme/site/.github/workflows/release.yml@refs/heads/main";
      expect(await verifyBundle({ ...question, identity: { ...identity, subject } })).toMatchObject({
        signer: { kind: "certificate", claims: { subject } },
      });
    }
    const key = await newKey();
    for (const services of [{}, { timestampUrl }, { log: v2, timestampUrl }, { log: false as const }]) {
      expect(await (await withKey({ key, trustedRoot, ...services })).sign(manifest)).toBeDefined();
    }
  });

  test("a log, an authority or a certificate's log that readers do not trust is an error", async () => {
    const trustedRoot = rootOf(sigstore);
    const stranger = await startTestSigstore();
    try {
      const services = {
        log: { url: stranger.urls.rekorV1, version: 1 },
        timestampUrl: stranger.urls.timestampAuthority,
      } as const;
      const key = await newKey();
      const elsewhere: readonly [Signer, string][] = [
        [keyless({ trustedRoot, log: services.log }), "no usable log"],
        [keyless({ trustedRoot, timestampUrl: services.timestampUrl }), "whoever trusts"],
        [keySigner({ key, trustedRoot, log: services.log }), "no usable log"],
        [keySigner({ key, trustedRoot, log: false, timestampUrl: services.timestampUrl }), "whoever trusts"],
        [keyless({ trustedRoot: rootOf(stranger) }), "whoever trusts"],
      ];
      for (const [signer, message] of elsewhere) {
        await expect(signer.sign(manifest)).rejects.toEqual(invalidAnswer(message));
      }
    } finally {
      await stranger.close();
    }
    const certificate = { ctLogs: [createCtLog(createKeyPair())] };
    expect(await refusal("fulcio", { certificate }, keyless({ trustedRoot }))).toEqual(
      invalidAnswer("whoever trusts"),
    );
  });

  test("one that cannot be had is found before anybody is asked", async () => {
    const trustedRoot = trustedRootBytes(Buffer.from("{}"));
    const signer = await withKey({ trustedRoot });
    await expect(signer.sign(manifest)).rejects.toMatchObject({ code: "TrustUnavailable" });
    await expect(keyless({ trustedRoot }).sign(manifest)).rejects.toMatchObject({
      code: "TrustUnavailable",
    });
    expect(asked()).toEqual([]);
  });
});

test("a checkpoint of another tree is refused, whoever is trusted", async () => {
  const stranger = createTransparencyLog({ version: 1, host: "127.0.0.1", now: () => new Date() });
  const alter = (answer: string): string =>
    answer.replace(/"checkpoint":"[^"]*"/u, `"checkpoint":${JSON.stringify(stranger.checkpoint())}`);
  expect(await refusal("rekorV1", { alter }, keyless())).toEqual(invalidAnswer("did not prove"));
});

test("a statement that no reader would take is refused before anybody is asked", async () => {
  const claim = { predicateType: "https://example.com/v1", predicate: "x".repeat(1024 ** 2) };
  for (const signer of [await withKey(), await withKey({ log: false })]) {
    await expect(signer.sign(manifest, { claim })).rejects.toMatchObject({ code: "InvalidSigner" });
  }
  // An entry of the log needs room, too.
  const large = { ...claim, predicate: "x".repeat(740_000) };
  await expect((await withKey()).sign(manifest, { claim: large })).rejects.toMatchObject({
    code: "InvalidSigner",
  });
  expect(asked()).toEqual([]);
  expect(await (await withKey({ log: false })).sign(manifest, { claim: large })).toBeDefined();
  const most: Attachment = await (
    await withKey()
  ).sign(manifest, {
    claim: { ...claim, predicate: "x".repeat(700 * 1024) },
  });
  expect(most.bytes.length).toBeLessThan(1024 ** 2);
});
