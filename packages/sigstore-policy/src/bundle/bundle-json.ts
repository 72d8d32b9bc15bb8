/** The media type of Sigstore bundles of version 0.3, of the referrers that carry them, and of their layers. */
export const bundleMediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** The payload type of in-toto statements in DSSE envelopes. */
export const inTotoPayloadType = "application/vnd.in-toto+json";

/** A DSSE envelope as bundles have it; `payload` and `sig` are base64. */
export interface DsseEnvelopeJson {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly sig: string }[];
}

/** A signature over bytes that are elsewhere; both strings are base64. */
export interface MessageSignatureJson {
  readonly messageDigest: { readonly algorithm: string; readonly digest: string };
  readonly signature: string;
}

/** Proof that a log has an entry. Zeros and empty lists are left out, as protobuf JSON does. */
export interface LogEntryJson {
  readonly logIndex?: string;
  readonly logId: { readonly keyId: string };
  readonly kindVersion: { readonly kind: string; readonly version: string };
  readonly integratedTime?: string;
  readonly inclusionPromise?: { readonly signedEntryTimestamp: string };
  readonly inclusionProof?: {
    readonly logIndex?: string;
    readonly rootHash: string;
    readonly treeSize: string;
    readonly hashes?: readonly string[];
    readonly checkpoint: { readonly envelope: string };
  };
  readonly canonicalizedBody: string;
}

/** A Sigstore bundle as it is written: protobuf JSON of `dev.sigstore.bundle.v1.Bundle`. */
export interface BundleJson {
  readonly mediaType: string;
  readonly verificationMaterial: {
    readonly publicKey?: { readonly hint: string };
    readonly certificate?: { readonly rawBytes: string };
    readonly tlogEntries?: readonly LogEntryJson[];
    readonly timestampVerificationData?: {
      readonly rfc3161Timestamps: readonly { readonly signedTimestamp: string }[];
    };
  };
  readonly messageSignature?: MessageSignatureJson;
  readonly dsseEnvelope?: DsseEnvelopeJson;
}
