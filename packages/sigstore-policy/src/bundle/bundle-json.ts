/** The media type of Sigstore bundles of version 0.3, of the referrers that carry them, and of their layers. */
export const bundleMediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** The payload type of in-toto statements in DSSE envelopes. */
export const inTotoPayloadType = "application/vnd.in-toto+json";

/** A DSSE envelope as bundles have it; `payload` and `sig` are base64. */
export interface DsseEnvelopeJson {
  /** base64. */
  readonly payload: string;
  /** What the payload is, a media type. */
  readonly payloadType: string;
  /** One; `sig` is base64. No `keyid`: cosign and sigstore-go refuse it. */
  readonly signatures: readonly { readonly sig: string }[];
}

/** A signature over bytes that are elsewhere; both strings are base64. */
export interface MessageSignatureJson {
  /** Of the bytes that were signed. */
  readonly messageDigest: { readonly algorithm: string; readonly digest: string };
  /** base64. */
  readonly signature: string;
}

/** Proof that a log has an entry. Zeros and empty lists are left out, as protobuf JSON does. */
export interface LogEntryJson {
  /** Over all trees of the log. */
  readonly logIndex?: string;
  /** base64 of the SHA-256 of the log's public key. */
  readonly logId: { readonly keyId: string };
  /** How the body is to be read. */
  readonly kindVersion: { readonly kind: string; readonly version: string };
  /** When Rekor v1 says that it took the entry, in seconds. */
  readonly integratedTime?: string;
  /** Of Rekor v1: its signature over body, time and index. */
  readonly inclusionPromise?: { readonly signedEntryTimestamp: string };
  /** That the entry is in the tree of a checkpoint. */
  readonly inclusionProof?: {
    readonly logIndex?: string;
    readonly rootHash: string;
    readonly treeSize: string;
    readonly hashes?: readonly string[];
    readonly checkpoint: { readonly envelope: string };
  };
  /** base64 of the entry as the log has hashed it. */
  readonly canonicalizedBody: string;
}

/** A Sigstore bundle as it is written: protobuf JSON of `dev.sigstore.bundle.v1.Bundle`. */
export interface BundleJson {
  /** Which version of bundles. */
  readonly mediaType: string;
  /** Who signed, and who confirms it. */
  readonly verificationMaterial: {
    readonly publicKey?: { readonly hint: string };
    readonly certificate?: { readonly rawBytes: string };
    readonly tlogEntries?: readonly LogEntryJson[];
    readonly timestampVerificationData?: {
      readonly rfc3161Timestamps: readonly { readonly signedTimestamp: string }[];
    };
  };
  /** Either this signature over bytes that are elsewhere, */
  readonly messageSignature?: MessageSignatureJson;
  /** or this envelope around what was signed. */
  readonly dsseEnvelope?: DsseEnvelopeJson;
}
