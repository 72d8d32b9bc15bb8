import type { KeyObject } from "node:crypto";
import { createHash } from "node:crypto";
import type { Bundle } from "@sigstore/bundle";
import { preAuthEncoding } from "../bundle/pae.js";
import { Refusal } from "./refusal.js";

export type HashName = "sha256" | "sha384" | "sha512";

/** What a bundle's signature covers, and what it was made with: log entries are compared with it. */
export interface SignedContent {
  readonly signature: Buffer;
  /** Of the signer, as SubjectPublicKeyInfo in DER. */
  readonly publicKey: Buffer;
  /** Of the signer, in DER. */
  readonly certificate: Buffer | undefined;
  /** The bytes under the signature. Undefined when only their hash is known. */
  readonly signed: Uint8Array | undefined;
  /** Undefined when it is not known, or when there is no payload. */
  hash(of: "payload" | "signed", name: HashName): Buffer | undefined;
}

/** The artifact that a bundle is about: its bytes, or only their SHA-256 in hexadecimal. */
export type Artifact =
  | { readonly bytes: Uint8Array; readonly sha256?: undefined }
  | { readonly sha256: string; readonly bytes?: undefined };

export function artifactSha256(artifact: Artifact): string {
  if (artifact.bytes === undefined) return artifact.sha256;
  return createHash("sha256").update(artifact.bytes).digest("hex");
}

export function signedContent(
  bundle: Bundle,
  artifact: Artifact,
  key: KeyObject,
  certificate: Buffer | undefined,
): SignedContent {
  const publicKey = key.export({ format: "der", type: "spki" });
  if (bundle.content.$case === "dsseEnvelope") {
    const { payload, payloadType, signatures } = bundle.content.dsseEnvelope;
    const [first, ...others] = signatures;
    if (first === undefined || others.length > 0)
      throw new Refusal("the envelope has not exactly one signature");
    const signed = preAuthEncoding(payloadType, payload);
    return {
      signature: first.sig,
      publicKey,
      certificate,
      signed,
      hash: (of, name) => digest(name, of === "payload" ? payload : signed),
    };
  }
  const { bytes } = artifact;
  return {
    signature: bundle.content.messageSignature.signature,
    publicKey,
    certificate,
    signed: bytes,
    hash: (of, name) => {
      if (of === "payload") return undefined;
      if (bytes !== undefined) return digest(name, bytes);
      return name === "sha256" ? Buffer.from(artifactSha256(artifact), "hex") : undefined;
    },
  };
}

function digest(name: HashName, bytes: Uint8Array): Buffer {
  return createHash(name).update(bytes).digest();
}
