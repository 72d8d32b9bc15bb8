import type { KeyObject } from "node:crypto";
import { createPublicKey, verify, X509Certificate } from "node:crypto";
import { textAt } from "../json-path.js";
import { signatureAlgorithmOf } from "../keys/signature-algorithm.js";
import type { CertificateAuthority } from "./certificate-authority.js";
import { identityExtensions, subjectOf } from "./identity.js";
import type { IdentityTokens } from "./identity-tokens.js";
import type { Answer, Misbehaviour } from "./misbehaviour.js";
import { jsonAnswer } from "./misbehaviour.js";

export interface CertificateCall {
  /** The header; Go's clients have the token in it, and others in the body. */
  readonly authorization: string | undefined;
  readonly body: Buffer;
}

/** `POST /api/v2/signingCert`: a certificate for who has a token, and has shown that the key is theirs. */
export function serveFulcio(
  authority: CertificateAuthority,
  tokens: IdentityTokens,
  { authorization, body }: CertificateCall,
  wrong: Misbehaviour,
): Answer {
  const request: unknown = JSON.parse(body.toString());
  const [, bearer] = /^bearer (\S+)$/iu.exec(authorization ?? "") ?? [];
  const claims = tokens.verify(bearer ?? textAt(request, "credentials", "oidcIdentityToken"));
  if (claims === undefined) return failure(401, 16, "There was an error processing the identity token");
  const publicKey = createPublicKey(textAt(request, "publicKeyRequest", "publicKey", "content"));
  const subject = subjectOf(claims);
  if (subject === undefined) return failure(400, 3, "The identity token names nobody");
  const challenge = subject.type === "email" ? subject.value : String(claims["sub"]);
  const proof = Buffer.from(textAt(request, "publicKeyRequest", "proofOfPossession"), "base64");
  if (!isSignedBy(publicKey, Buffer.from(challenge), proof)) {
    return failure(400, 3, "The signature supplied in the request could not be verified");
  }
  const certificate = authority.issue({
    publicKey,
    subjectAlternativeNames: [subject],
    extensions: identityExtensions(claims),
    ...wrong.certificate,
  });
  const certificates = [certificate, authority.certificate].map((der) => new X509Certificate(der).toString());
  return jsonAnswer(200, { signedCertificateEmbeddedSct: { chain: { certificates } } });
}

export function isSignedBy(key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  const algorithm = signatureAlgorithmOf(key);
  return algorithm !== undefined && verify(algorithm.hash ?? null, bytes, key, signature);
}

const failure = (status: number, code: number, message: string): Answer =>
  jsonAnswer(status, { code, message, details: [] });
