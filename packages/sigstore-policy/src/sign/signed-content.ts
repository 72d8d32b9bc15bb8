import type { KeyObject, X509Certificate } from "node:crypto";
import type { DsseEnvelopeJson, MessageSignatureJson } from "../bundle/bundle-json.js";
import type { SignatureAlgorithm } from "../keys/signature-algorithm.js";

/** Who signed, as bundles and logs name them. */
export interface SignedBy {
  readonly publicKey: KeyObject;
  /** Of a keyless signature. */
  readonly certificate?: X509Certificate | undefined;
  readonly algorithm: SignatureAlgorithm;
}

/** What was signed, and the signature: what logs and time-stamp authorities confirm. */
export interface SignedContent {
  readonly by: SignedBy;
  readonly signature: Uint8Array;
  /** What the signature covers: the encoded envelope, or the message itself. */
  readonly signedBytes: Uint8Array;
  readonly content:
    { readonly dsseEnvelope: DsseEnvelopeJson } | { readonly messageSignature: MessageSignatureJson };
}
