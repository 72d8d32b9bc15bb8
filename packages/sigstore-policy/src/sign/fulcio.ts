import type { KeyObject } from "node:crypto";
import { generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { objectIdentifier } from "../der/der-writer.js";
import { PolicyError } from "../errors.js";
import { textAt } from "../json-path.js";
import { certificateClaims } from "../verify/certificate-claims.js";
import { Refusal } from "../verify/refusal.js";
import type { ServiceLimits, ServiceRequest } from "./service-request.js";
import { parsedJson, requestService, serverOf, urlBelow } from "./service-request.js";

/** A key that nobody ever stores, and the certificate that says whose it was for ten minutes. */
export interface CertifiedKey {
  readonly privateKey: KeyObject;
  readonly certificate: X509Certificate;
}

export interface FulcioOptions {
  readonly url: string;
  readonly identityToken: string;
  readonly limits: ServiceLimits;
  readonly signal: AbortSignal | undefined;
}

const what = "the certificate authority";

/**
 * Makes a P-256 key and has Fulcio certify it (API v2).
 *
 * @throws PolicyError `InvalidToken`, `IdentityRefused`, `InvalidAnswer` for a certificate that is not for the key, that no
 * log has seen, or that does not say who signs, and the errors of `requestService`
 */
export async function certifyNewKey(options: FulcioOptions): Promise<CertifiedKey> {
  const { identityToken, limits, signal } = options;
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const proof = sign("sha256", Buffer.from(challengeOf(identityToken)), privateKey);
  const request: ServiceRequest = {
    what,
    url: urlBelow(options.url, "/api/v2/signingCert", what),
    body: {
      type: "application/json",
      bytes: JSON.stringify({
        credentials: { oidcIdentityToken: identityToken },
        publicKeyRequest: {
          publicKey: { algorithm: "ECDSA", content: publicKey.export({ type: "spki", format: "pem" }) },
          proofOfPossession: proof.toString("base64"),
        },
      }),
    },
    statuses: [200, 201],
    secret: identityToken,
    limits,
    signal,
  };
  const { bytes } = await requestService(request);
  const pem = textAt(parsedJson(bytes), "signedCertificateEmbeddedSct", "chain", "certificates", 0);
  const invalid = (message: string): PolicyError =>
    new PolicyError("InvalidAnswer", `${serverOf(request)} ${message}`);
  const certificate = parseCertificate(pem);
  if (certificate === undefined) throw invalid("did not give a certificate");
  const certified = certificate.publicKey.export({ type: "spki", format: "der" });
  if (!certified.equals(publicKey.export({ type: "spki", format: "der" }))) {
    throw invalid("gave a certificate for another key");
  }
  if (!certificate.raw.includes(timestampList)) throw invalid("gave a certificate that is in no log");
  try {
    certificateClaims(certificate.raw);
  } catch (error) {
    throw invalid(
      `gave one that no verifier takes: ${error instanceof Refusal ? error.message : "malformed"}`,
    );
  }
  return { privateKey, certificate };
}

/** Signed certificate timestamps (RFC 6962, section 3.3); whether they are good is for verifiers to say. */
const timestampList = Buffer.from(objectIdentifier("1.3.6.1.4.1.11129.2.4.2"));

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** What Fulcio wants to see signed: the e-mail address of a token that has one, else its subject. */
function challengeOf(identityToken: string): string {
  const claims = parsedJson(Buffer.from(identityToken.split(".")[1] ?? "", "base64url"));
  const challenge = textAt(claims, "email") || textAt(claims, "sub");
  if (challenge !== "") return challenge;
  throw new PolicyError("InvalidToken", "the identity token names nobody: it has neither an email nor a sub");
}
