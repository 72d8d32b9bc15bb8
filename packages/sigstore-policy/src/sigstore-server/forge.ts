import type { KeyObject } from "node:crypto";
import { createHash, createPublicKey, sign } from "node:crypto";
import type { BundleJson, DsseEnvelopeJson, LogEntryJson } from "../bundle/bundle-json.js";
import { bundleMediaType, inTotoPayloadType } from "../bundle/bundle-json.js";
import { signatureAlgorithmOf } from "../keys/signature-algorithm.js";
import { preAuthEncoding } from "../bundle/pae.js";
import { spkiOf } from "./certificate.js";
import { dsseBody, envelopeDigest, hashedRekordV2Body, intotoBody } from "./log-bodies.js";
import type { TimestampAuthority } from "./timestamp-authority.js";
import type { TransparencyLog } from "./transparency-log.js";

/** What to put into a bundle. Nothing is checked: whatever can be written can be forged. */
export interface BundleContent {
  /** Text or bytes of any kind, such as a statement about another artifact. */
  readonly payload: string | Uint8Array;
  /** Default: that of in-toto statements. */
  readonly payloadType?: string | undefined;
  readonly privateKey: KeyObject;
  /** The signer's certificate, DER, of this key or of another. Default: none, and the hint of the key instead. */
  readonly certificate?: Uint8Array | undefined;
  /** How the envelope is logged; a list of entries is taken as it is. Default `dsse`. */
  readonly log?: "dsse" | "intoto" | "hashedrekord-v2" | "none" | readonly LogEntryJson[] | undefined;
  /** When Rekor v1 claims to have got the entry. Default: now. */
  readonly loggedAt?: Date | undefined;
  /** When the time-stamp authority claims to have seen the signature, or whether it did. Default false. */
  readonly timestamp?: boolean | Date | undefined;
}

export interface Logs {
  readonly rekorV1: TransparencyLog;
  readonly rekorV2: TransparencyLog;
  readonly timestampAuthority: TimestampAuthority;
}

/** Signs, logs and stamps whatever it is given; the result is plain data, to be changed further. */
export function forgeBundle(services: Logs, content: BundleContent): BundleJson {
  const { privateKey, certificate } = content;
  const payload = Buffer.from(content.payload);
  const payloadType = content.payloadType ?? inTotoPayloadType;
  const signature = signBytes(privateKey, preAuthEncoding(payloadType, payload));
  const dsseEnvelope: DsseEnvelopeJson = {
    payload: payload.toString("base64"),
    payloadType,
    signatures: [{ sig: signature.toString("base64") }],
  };
  const publicKey = createPublicKey(privateKey);
  const hint = createHash("sha256").update(spkiOf(publicKey)).digest("base64");
  const tlogEntries = logEntries(services, content, dsseEnvelope);
  const stampedAt = content.timestamp instanceof Date ? content.timestamp : undefined;
  const stamped = content.timestamp !== undefined && content.timestamp !== false;
  const timestamp = (): string =>
    Buffer.from(
      services.timestampAuthority.timestamp({
        sha256: createHash("sha256").update(signature).digest(),
        time: stampedAt,
      }),
    ).toString("base64");
  return {
    mediaType: bundleMediaType,
    verificationMaterial: {
      ...(certificate === undefined
        ? { publicKey: { hint } }
        : { certificate: { rawBytes: Buffer.from(certificate).toString("base64") } }),
      ...(tlogEntries.length > 0 && { tlogEntries }),
      ...(stamped && {
        timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: timestamp() }] },
      }),
    },
    dsseEnvelope,
  };
}

/** Signs bytes as the key's kind does it in Sigstore. */
export function signBytes(privateKey: KeyObject, bytes: Uint8Array): Buffer {
  return sign(signatureAlgorithmOf(privateKey)?.hash ?? null, bytes, privateKey);
}

function logEntries(
  services: Logs,
  { log = "dsse", privateKey, certificate, loggedAt }: BundleContent,
  envelope: DsseEnvelopeJson,
): readonly LogEntryJson[] {
  if (typeof log !== "string") return log;
  const verifier = certificate ?? createPublicKey(privateKey);
  switch (log) {
    case "none":
      return [];
    case "dsse":
      return [services.rekorV1.append(dsseBody(envelope, verifier), { time: loggedAt })];
    case "intoto":
      return [services.rekorV1.append(intotoBody(envelope, verifier), { time: loggedAt })];
    case "hashedrekord-v2": {
      const signature = Buffer.from(envelope.signatures[0]?.sig ?? "", "base64");
      const digest = envelopeDigest(envelope, verifier);
      return [services.rekorV2.append(hashedRekordV2Body(digest, signature, verifier))];
    }
  }
}
