import type { KeyObject } from "node:crypto";
import { createHash, createPublicKey, generateKeyPairSync, sign, verify, X509Certificate } from "node:crypto";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultToken } from "../index.js";
import type { BundleJson, CertificateRequest, TestSigstore } from "./index.js";
import {
  createCtLog,
  createKeyPair,
  createTransparencyLog,
  githubActionsClaims,
  identityExtensions,
  startTestSigstore,
} from "./index.js";

let sigstore: TestSigstore;
beforeAll(async () => {
  sigstore = await startTestSigstore();
});
afterAll(() => sigstore.close());

const payload = JSON.stringify({ _type: "https://in-toto.io/Statement/v1", subject: [] });
const keys = createKeyPair();

function certificate(request: Partial<CertificateRequest> = {}): Uint8Array {
  return sigstore.certificateAuthority.issue({
    publicKey: keys.publicKey,
    subjectAlternativeNames: [{ type: "email", value: "dev@example.com" }],
    extensions: identityExtensions({ iss: sigstore.urls.oidc }),
    ...request,
  });
}

/** What another implementation makes of a bundle: nothing when it verifies, else the code of its error. */
function refusal(bundle: BundleJson, { key = keys.publicKey, stamps = 0 } = {}): string | undefined {
  const trust = toTrustMaterial(TrustedRoot.fromJSON(sigstore.trustedRoot), () => ({
    publicKey: key,
    validFor: () => true,
  }));
  const isLogged = bundle.verificationMaterial.tlogEntries !== undefined;
  const verifier = new Verifier(trust, {
    tlogThreshold: isLogged ? 1 : 0,
    ctlogThreshold: 1,
    timestampThreshold: isLogged ? 1 : 0,
    tsaThreshold: stamps,
  });
  try {
    verifier.verify(toSignedEntity(bundleFromJSON(bundle)));
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

describe("what another implementation verifies", () => {
  test("a certificate, its timestamp, the log's promise and proof, and a time stamp", () => {
    const content = { payload, privateKey: keys.privateKey, certificate: certificate(), timestamp: true };
    expect(refusal(sigstore.forge(content), { stamps: 1 })).toBeUndefined();
  });

  test("both kinds of entries for an envelope", () => {
    const content = { payload, privateKey: keys.privateKey, certificate: certificate() };
    expect(refusal(sigstore.forge({ ...content, log: "dsse" }))).toBeUndefined();
    expect(refusal(sigstore.forge({ ...content, log: "intoto" }))).toBeUndefined();
  });

  test("proofs at every place of a growing log", () => {
    const content = { payload, privateKey: keys.privateKey };
    for (let index = 0; index < 20; index += 1) {
      expect(refusal(sigstore.forge(content)), `after ${String(index)} more`).toBeUndefined();
    }
  });

  test("a signature of a past time, with a certificate of that time", () => {
    const then = new Date(Date.now() - 30 * 86_400_000);
    const old = certificate({ notBefore: then });
    const content = { payload, privateKey: keys.privateKey, certificate: old };
    expect(refusal(sigstore.forge({ ...content, loggedAt: then, timestamp: then }))).toBeUndefined();
    expect(refusal(sigstore.forge(content))).toBe("CERTIFICATE_ERROR");
  });
});

describe("what another implementation refuses", () => {
  const forged = (request: Partial<CertificateRequest>): string | undefined =>
    refusal(sigstore.forge({ payload, privateKey: keys.privateKey, certificate: certificate(request) }));

  test("a certificate without a timestamp, or with one of a log that nobody knows", () => {
    expect(forged({ ctLogs: [] })).toBe("CERTIFICATE_ERROR");
    expect(forged({ ctLogs: [createCtLog(createKeyPair())] })).toBe("CERTIFICATE_ERROR");
  });

  test("a certificate that was not valid when the log got the signature", () => {
    const past = new Date(Date.now() - 3_600_000);
    expect(forged({ notBefore: past })).toBe("CERTIFICATE_ERROR");
  });

  test("a certificate for another key than the one that signed", () => {
    expect(forged({ publicKey: createKeyPair().publicKey })).toBe("SIGNATURE_ERROR");
  });

  test("an entry of a log that nobody knows, and the entry of another signature", () => {
    const content = { payload, privateKey: keys.privateKey };
    const stranger = createTransparencyLog({ version: 1, host: "127.0.0.1", now: () => new Date() });
    const { tlogEntries = [] } = sigstore.forge(content).verificationMaterial;
    const body = Buffer.from(tlogEntries[0]?.canonicalizedBody ?? "", "base64");
    expect(refusal(sigstore.forge({ ...content, log: [stranger.append(body)] }))).toBe(
      "TLOG_INCLUSION_PROMISE_ERROR",
    );
    expect(refusal(sigstore.forge({ ...content, log: tlogEntries }))).toBe("TLOG_BODY_ERROR");
  });
});

describe("services", () => {
  const post = async (
    url: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> =>
    fetch(url, {
      method: "POST",
      body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body),
      headers,
    });

  const certificateFor = async (
    token: string,
    signer: KeyObject = keys.privateKey,
    where: "body" | "header" = "body",
  ): Promise<Response> => {
    const claims = sigstore.tokens.verify(token) ?? {};
    const challenge = String(claims["email"] ?? claims["sub"]);
    const publicKeyRequest = {
      publicKey: { content: createPublicKey(keys.privateKey).export({ type: "spki", format: "pem" }) },
      proofOfPossession: sign("sha256", Buffer.from(challenge), signer).toString("base64"),
    };
    const url = `${sigstore.urls.fulcio}/api/v2/signingCert`;
    if (where === "header") return post(url, { publicKeyRequest }, { authorization: `Bearer ${token}` });
    return post(url, { credentials: { oidcIdentityToken: token }, publicKeyRequest });
  };

  test("a certificate is given for a token of the issuer and a proof of the key, and for nothing else", async () => {
    const token = sigstore.tokens.mint(githubActionsClaims("acme/site", "refs/tags/v1"));
    const given = await certificateFor(token);
    expect(given.status).toBe(200);
    const answer = JSON.stringify(await given.json());
    const pem = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\\n/.exec(answer)?.[0] ?? "";
    const leaf = new X509Certificate(pem.replaceAll("\\n", "\n"));
    expect(leaf.subjectAltName).toBe(
      "URI:https://github.com/acme/site/.github/workflows/release.yml@refs/tags/v1",
    );
    expect(leaf.raw.includes("https://github.com/acme/site")).toBe(true);
    expect(leaf.verify(new X509Certificate(sigstore.certificateAuthority.certificate).publicKey)).toBe(true);

    const stranger = await startTestSigstore();
    const foreign = stranger.tokens.mint({ sub: "1", email: "a@b.example", email_verified: true });
    await stranger.close();
    expect((await certificateFor(foreign)).status).toBe(401);
    expect((await certificateFor(`${token.slice(0, -4)}AAAA`)).status).toBe(401);
    expect((await certificateFor(sigstore.tokens.mint({ sub: "1", exp: 1 }))).status).toBe(401);
    expect((await certificateFor(token, createKeyPair().privateKey)).status).toBe(400);
  });

  test("the token may be where Go's clients have it: in a header", async () => {
    const token = sigstore.tokens.mint(githubActionsClaims("acme/site"));
    expect((await certificateFor(token, keys.privateKey, "header")).status).toBe(200);
    expect((await certificateFor(`${token.slice(0, -4)}AAAA`, keys.privateKey, "header")).status).toBe(401);
  });

  test("a new entry is found in the answer by its tag", async () => {
    const { dsseEnvelope } = sigstore.forge({ payload, privateKey: keys.privateKey, log: "none" });
    const pem = keys.publicKey.export({ type: "spki", format: "pem" });
    const verifiers = [Buffer.from(pem).toString("base64")];
    const proposedContent = { envelope: JSON.stringify(dsseEnvelope), verifiers };
    const proposal = { apiVersion: "0.0.1", kind: "dsse", spec: { proposedContent } };
    const created = await post(`${sigstore.urls.rekorV1}/api/v1/log/entries`, proposal);
    expect(Object.keys((await created.json()) as object)).toEqual([created.headers.get("etag")]);
  });

  test("a time stamp can be asked for in JSON, as Sigstore's own authority allows", async () => {
    const sha256 = createHash("sha256").update("signature").digest();
    const wanted = { artifactHash: sha256.toString("base64"), hashAlgorithm: "sha256" };
    const stamped = await post(sigstore.urls.timestampAuthority, wanted);
    expect(stamped.status).toBe(201);
    expect(Buffer.from(await stamped.arrayBuffer()).includes(sha256)).toBe(true);
    const other = await post(sigstore.urls.timestampAuthority, { ...wanted, hashAlgorithm: "sha1" });
    expect(other.status).toBe(400);
  });

  test("both logs refuse what they cannot check", async () => {
    const { dsseEnvelope } = sigstore.forge({ payload, privateKey: keys.privateKey, log: "none" });
    const proposal = (signer: KeyObject): unknown => ({
      apiVersion: "0.0.1",
      kind: "dsse",
      spec: {
        proposedContent: {
          envelope: JSON.stringify(dsseEnvelope),
          verifiers: [Buffer.from(signer.export({ type: "spki", format: "pem" })).toString("base64")],
        },
      },
    });
    const url = `${sigstore.urls.rekorV1}/api/v1/log/entries`;
    expect((await post(url, proposal(createKeyPair().publicKey))).status).toBe(400);
    expect((await post(url, proposal(keys.publicKey))).status).toBe(201);
    const again = await post(url, proposal(keys.publicKey));
    expect(again.status).toBe(409);
    const known = await fetch(`${url}/${again.headers.get("location")?.split("/").at(-1) ?? ""}`);
    expect(known.status).toBe(200);
    const ed25519 = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "der" });
    const refused = await post(`${sigstore.urls.rekorV2}/api/v2/log/entries`, {
      hashedRekordRequestV002: {
        digest: "",
        signature: {
          content: "",
          verifier: { keyDetails: "PKIX_ED25519", publicKey: { rawBytes: ed25519.toString("base64") } },
        },
      },
    });
    expect(refused.status).toBe(400);
  });

  test("the environment of a workflow is one that a signer recognises", async () => {
    const provider = defaultToken({ env: sigstore.workflowEnvironment });
    const token = await provider.token({ audience: "sigstore" });
    expect(sigstore.tokens.verify(token)?.["repository"]).toBe("acme/site");
  });

  test("a workflow gets a token for its secret", async () => {
    const { ACTIONS_ID_TOKEN_REQUEST_URL: url = "", ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret = "" } =
      sigstore.workflowEnvironment;
    expect((await fetch(`${url}&audience=sigstore`)).status).toBe(401);
    const answer = await fetch(`${url}&audience=sigstore`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    const { value } = (await answer.json()) as { value: string };
    expect(sigstore.tokens.verify(value)?.["repository"]).toBe("acme/site");
  });

  test("a service misbehaves as often as it is told to", async () => {
    sigstore.misbehave("oidc", { status: 503, times: 1 });
    const url = `${sigstore.urls.oidc}/.well-known/openid-configuration`;
    expect((await fetch(url)).status).toBe(503);
    expect((await fetch(url)).status).toBe(200);
    sigstore.misbehave("oidc", { padding: 200_000, times: 1 });
    expect((await (await fetch(url)).text()).length).toBeGreaterThan(200_000);
    sigstore.misbehave("oidc", { reset: true, times: 1 });
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });
});

test("the note of a checkpoint is signed, and names its log", () => {
  const envelope = sigstore.rekorV1.checkpoint();
  const [note = "", signatures = ""] = envelope.split("\n\n");
  expect(note.startsWith("127.0.0.1 - 1\n")).toBe(true);
  const [, name, blob = ""] = /^— (\S+) (\S+)\n$/.exec(signatures) ?? [];
  expect(name).toBe("127.0.0.1");
  const signature = Buffer.from(blob, "base64").subarray(4);
  expect(verify("sha256", Buffer.from(`${note}\n`), sigstore.rekorV1.publicKey, signature)).toBe(true);
});
