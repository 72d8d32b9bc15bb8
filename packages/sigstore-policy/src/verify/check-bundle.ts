import { X509Certificate, type KeyObject } from "node:crypto";
import type { Bundle } from "@sigstore/bundle";
import { HashAlgorithm } from "@sigstore/protobuf-specs";
import {
  toSignedEntity,
  VerificationError,
  Verifier,
  type SignedEntity,
  type TrustMaterial,
} from "@sigstore/verify";
import { isPolicyError } from "../errors.js";
import type { PublicKey } from "../keys/public-key.js";
import { parseBundle } from "./bundle-schema.js";
import { certificateClaims, type CertificateClaims } from "./certificate-claims.js";
import { isInUse, verifyLogEntry, type LoggedEntry } from "./log-entry.js";
import { Refusal, shown } from "./refusal.js";
import { isSignedWith } from "./signature-hash.js";
import {
  artifactSha256,
  signedContent,
  type Artifact,
  type HashName,
  type SignedContent,
} from "./signed-content.js";
import { readStatement, type Statement } from "./statement.js";
import type { Trust } from "./trust-material.js";

/** What a bundle has to withstand. */
export interface BundleCheck {
  readonly bundle: Uint8Array;
  readonly artifact: Artifact;
  /** Verifies a signature over the artifact when only its SHA-256 is at hand. Without it, such signatures are refused. */
  readonly isDigestSigned?: (key: KeyObject, sha256: Uint8Array, signature: Uint8Array) => boolean;
  /** The key that has to have signed; without one, the holder of a certificate. */
  readonly key: PublicKey | undefined;
  /** Without it, log entries and time stamps are not looked at: only for a key. */
  readonly trust: Trust | undefined;
  readonly thresholds: {
    readonly logEntries: number;
    readonly certificateTimestamps: number;
    readonly signedTimes: number;
  };
}

/** Who signed, proven. */
export type CheckedSigner =
  | { readonly kind: "certificate"; readonly claims: CertificateClaims }
  | { readonly kind: "key"; readonly fingerprint: string };

/** What is left of a bundle when everything else has been checked. */
export interface CheckedBundle {
  readonly signer: CheckedSigner;
  /** Undefined for a signature over the artifact's bytes. */
  readonly statement: Statement | undefined;
  /** Times that others vouch for, the earliest first. */
  readonly signedTimes: readonly Date[];
}

/** Checks a bundle. Whatever is wrong with it, and whatever fails inside a library, is a {@link Refusal}. */
export function checkBundle(check: BundleCheck): CheckedBundle {
  return refuseWhatFails(() => checked(check));
}

/** Turns whatever is thrown into a {@link Refusal}. */
export function refuseWhatFails<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    // Other errors, such as a TypeError in a library, say nothing that would help.
    const told = error instanceof VerificationError || isPolicyError(error);
    const detail = told ? `: ${shown(error.message)}` : "";
    throw new Refusal(`the bundle could not be verified${detail}`, { cause: error });
  }
}

function checked(check: BundleCheck): CheckedBundle {
  const { bundle: bytes, artifact, key, trust, thresholds } = check;
  const bundle = parseBundle(bytes);
  const holder = signerOf(bundle, key);
  const content = signedContent(bundle, artifact, holder.key, holder.certificate);
  checkMessageDigest(bundle, content);
  const entries = trust === undefined ? [] : verifyEntries(bundle, trust, content);
  if (entries.length < thresholds.logEntries) {
    throw new Refusal(tooFew("log entries", entries.length, thresholds.logEntries));
  }
  const signedTimes = verifySigner(bundle, holder, content, check);
  checkLogsInUse(entries, signedTimes);
  const statement =
    bundle.content.$case === "dsseEnvelope"
      ? readStatement(bundle.content.dsseEnvelope, artifactSha256(artifact))
      : undefined;
  return { signer: holder.signer, statement, signedTimes };
}

/** Who signed, and with what. */
export interface Holder {
  readonly signer: CheckedSigner;
  readonly key: KeyObject;
  readonly certificate: Buffer | undefined;
}

/** Neither a key passes for a certificate nor the reverse. */
export function signerOf(bundle: Bundle, key: PublicKey | undefined): Holder {
  const { content } = bundle.verificationMaterial;
  if (content.$case === "publicKey") {
    if (key === undefined)
      throw new Refusal("the bundle is signed with a key, and a certificate is required");
    return { signer: { kind: "key", fingerprint: key.fingerprint }, key: key.key, certificate: undefined };
  }
  if (key !== undefined) throw new Refusal("the bundle is signed with a certificate, and a key is required");
  const [leaf, ...chain] =
    content.$case === "certificate" ? [content.certificate] : content.x509CertificateChain.certificates;
  if (leaf === undefined) throw new Refusal("the bundle has no certificate");
  if (chain.some(({ rawBytes }) => isRoot(rawBytes)))
    throw new Refusal("the bundle brings a root certificate");
  const claims = certificateClaims(leaf.rawBytes);
  const certificate = new X509Certificate(leaf.rawBytes);
  return {
    signer: { kind: "certificate", claims },
    key: certificate.publicKey,
    certificate: certificate.raw,
  };
}

/** Whoever verifies has to have the roots: one that comes with the signature proves nothing. */
function isRoot(certificate: Uint8Array): boolean {
  const { subject, issuer } = new X509Certificate(certificate);
  return subject === issuer;
}

const hashNames: ReadonlyMap<HashAlgorithm, HashName> = new Map([
  [HashAlgorithm.SHA2_256, "sha256"],
  [HashAlgorithm.SHA2_384, "sha384"],
  [HashAlgorithm.SHA2_512, "sha512"],
]);

/** That a signature over the artifact says so itself. Nothing to check in an envelope. */
export function checkMessageDigest(bundle: Bundle, content: SignedContent): void {
  if (bundle.content.$case !== "messageSignature") return;
  const { algorithm, digest } = bundle.content.messageSignature.messageDigest;
  const name = hashNames.get(algorithm);
  if (name === undefined) throw new Refusal("the bundle has a digest of an unknown algorithm");
  const expected = content.hash("signed", name);
  if (expected === undefined || !digest.equals(expected)) {
    throw new Refusal(`the bundle is about ${name}:${digest.toString("hex")}, which is another artifact`);
  }
}

function verifyEntries(bundle: Bundle, trust: Trust, content: SignedContent): readonly LoggedEntry[] {
  const entries = bundle.verificationMaterial.tlogEntries.map((entry) =>
    verifyLogEntry(entry, trust.logs, content),
  );
  if (new Set(entries.map((entry) => entry.identity)).size < entries.length) {
    throw new Refusal("the bundle has a log entry twice");
  }
  return entries;
}

/** Time stamps, the certificate's chain and logs, and the signature itself. */
function verifySigner(
  bundle: Bundle,
  holder: Holder,
  content: SignedContent,
  { artifact, trust, thresholds, isDigestSigned }: BundleCheck,
): readonly Date[] {
  const entity = toSignedEntity(bundle, Buffer.alloc(0));
  const timestamps = trust === undefined ? [] : entity.timestamps;
  const times = signedTimesOf(timestamps);
  if (times.length < thresholds.signedTimes) {
    throw new Refusal(tooFew("signed times", times.length, thresholds.signedTimes));
  }
  const verifier = new Verifier(materialFor(holder, trust), {
    // Entries have been verified, and the library knows only some of their kinds.
    tlogThreshold: 0,
    ctlogThreshold: thresholds.certificateTimestamps,
    timestampThreshold: thresholds.signedTimes,
  });
  const { signed } = content;
  verifier.verify({
    key: entity.key,
    timestamps,
    tlogEntries: [],
    signature: {
      signature: content.signature,
      compareSignature: (signature) => content.signature.equals(signature),
      compareDigest: () => false,
      verifySignature: (key) => {
        if (signed !== undefined) return isSignedWith(key, signed, content.signature);
        const sha256 = Buffer.from(artifactSha256(artifact), "hex");
        return isDigestSigned?.(key, sha256, content.signature) ?? false;
      },
    },
  });
  return times.toSorted((a, b) => a.getTime() - b.getTime());
}

/** The times that time stamps and promises of inclusion give; whether these are good is to be checked besides. */
export function signedTimesOf(timestamps: SignedEntity["timestamps"]): readonly Date[] {
  return timestamps.flatMap((timestamp) => {
    if (timestamp.$case === "timestamp-authority") return [timestamp.timestamp.signingTime];
    // The library takes every entry for a time: only with a promise has a log signed one.
    const { inclusionPromise, integratedTime } = timestamp.tlogEntry;
    return inclusionPromise === undefined ? [] : [new Date(Number(integratedTime) * 1000)];
  });
}

function materialFor(holder: Holder, trust: Trust | undefined): TrustMaterial {
  const none = { certificateAuthorities: [], ctlogs: [], tlogs: [] };
  const publicKey: TrustMaterial["publicKey"] = () => {
    if (holder.signer.kind !== "key")
      throw new Refusal("the bundle is signed with a key, and a certificate is required");
    return { publicKey: holder.key, validFor: () => true };
  };
  if (trust === undefined) return { ...none, timestampAuthorities: [], publicKey };
  if (holder.signer.kind === "certificate") return { ...trust.material, tlogs: [], publicKey };
  return { ...none, timestampAuthorities: trust.material.timestampAuthorities, publicKey };
}

/**
 * A log that signs no times has to have been in use at all the times that others vouch for, and to be so still when
 * there are none: a key that is out of use may be in other hands.
 */
function checkLogsInUse(entries: readonly LoggedEntry[], signedTimes: readonly Date[]): void {
  for (const { log, time } of entries) {
    if (time !== undefined) continue;
    const used =
      signedTimes.length === 0 ? log.end === undefined : signedTimes.every((at) => isInUse(log, at));
    if (!used) throw new Refusal("the log was not in use when the signature was made");
  }
}

function tooFew(what: string, found: number, required: number): string {
  return `the bundle has ${String(found)} ${what}, and ${String(required)} are required`;
}
