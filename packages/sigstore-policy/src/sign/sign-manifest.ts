import type { Attachment, Manifest, StatementClaim } from "@blob/registry";
import type { KeyObject } from "node:crypto";
import { createHash, sign } from "node:crypto";
import { PolicyError } from "../errors.js";
import type { BundleJson, LogEntryJson } from "../bundle/bundle-json.js";
import { bundleMediaType, inTotoPayloadType } from "../bundle/bundle-json.js";
import { preAuthEncoding } from "../bundle/pae.js";
import type { TrustedRootSource } from "../verify/trusted-root-source.js";
import { prepareAcceptance } from "./accept-bundle.js";
import type { ServiceLimits } from "./service-request.js";
import { serverOf } from "./service-request.js";
import { hashOf, protobufHashNames } from "../keys/signature-algorithm.js";
import type { SignedBy, SignedContent } from "./signed-content.js";
import { statementAbout } from "./statement.js";
import type { Timestamp } from "./timestamp.js";

/** Where signatures are logged. */
export interface LogService {
  readonly url: string;
  /** Of Rekor's API. */
  readonly version: 1 | 2;
}

/** What every signer has to know, whoever signs. */
export interface SigningOptions extends ServiceLimits {
  /** Where signatures are logged. Default: Rekor v1 of the public instance. */
  readonly log?: LogService | false | undefined;
  /** Where an RFC 3161 authority takes requests, with the path. Default: none, and the log says when it was. */
  readonly timestampUrl?: string | undefined;
  /**
   * `statement` signs an in-toto statement, which cosign and policies take. `message` signs the manifest's bytes
   * themselves, without a claim, as the Go client of blob does. Default `statement`.
   */
  readonly content?: "statement" | "message" | undefined;
  /**
   * Whom the readers of the signature trust. With it, a signature that they would refuse is an error, and not given out:
   * the certificate, log and time stamps have to be those of services in this root. Default: all that does not depend on
   * trust is verified.
   */
  readonly trustedRoot?: TrustedRootSource | undefined;
  /** For `org.opencontainers.image.created`. Default: the machine's clock. */
  readonly now?: (() => Date) | undefined;
}

export const publicLog: LogService = { url: "https://rekor.sigstore.dev", version: 1 };

export interface ManifestToSign {
  readonly manifest: Manifest;
  readonly claim: StatementClaim | undefined;
  /** Asked once, when it is known that the trusted root can be had. */
  readonly signingKey: () => Promise<SigningKey>;
  readonly signal: AbortSignal | undefined;
}

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly by: SignedBy;
}

/**
 * Signs, stamps and logs, and describes the result as the referrer that cosign would write. The log comes last: it keeps
 * for good what it gets, and a signature without its time stamp would be no use. Before the log is asked, and before the
 * result is given out, it is verified as its readers will do it.
 */
export async function signManifest(what: ManifestToSign, options: SigningOptions): Promise<Attachment> {
  const { signal, manifest } = what;
  const { log = publicLog, timestampUrl, trustedRoot } = options;
  const services = { isLogged: log !== false, isStamped: timestampUrl !== undefined };
  const acceptance = await prepareAcceptance({ ...services, trustedRoot, signal });
  const key = await what.signingKey();
  const { by } = key;
  const { signed, annotations } = signContent(what, key, options);
  const stamp = await timestamp(signed, options, signal);
  const unlogged = bundleBytes(signed, stamp, undefined);
  acceptance.unlogged({ bundle: unlogged, manifest, by });
  const entry = await logEntry(signed, options, signal);
  const bytes = entry === undefined ? unlogged : bundleBytes(signed, stamp, entry);
  acceptance.complete({ bundle: bytes, manifest, by }, log === false ? undefined : logName(log));
  const created = (options.now?.() ?? new Date()).toISOString().replace(/\.\d+Z$/u, "Z");
  return {
    mediaType: bundleMediaType,
    bytes,
    annotations: { ...annotations, "org.opencontainers.image.created": created },
  };
}

function bundleBytes(
  { by, content }: SignedContent,
  stamp: Timestamp | undefined,
  entry: LogEntryJson | undefined,
): Uint8Array {
  const bundle: BundleJson = {
    mediaType: bundleMediaType,
    verificationMaterial: {
      ...keyMaterial(by),
      ...(entry !== undefined && { tlogEntries: [entry] }),
      ...(stamp !== undefined && {
        timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: base64(stamp) }] },
      }),
    },
    ...content,
  };
  return Buffer.from(JSON.stringify(bundle));
}

const logName = ({ url }: LogService): string =>
  serverOf({ what: "the transparency log", url: new URL(url) });

function signContent(
  { manifest, claim }: ManifestToSign,
  { privateKey, by }: SigningKey,
  options: SigningOptions,
): { readonly signed: SignedContent; readonly annotations: Readonly<Record<string, string>> } {
  const { hash } = by.algorithm;
  if (options.content === "message") {
    if (claim !== undefined) {
      throw new PolicyError("InvalidSigner", "a message signature has no room for a claim: sign a statement");
    }
    const digestHash = hash ?? "sha256";
    const signature = sign(hash ?? null, manifest.bytes, privateKey);
    const messageDigest = {
      algorithm: protobufHashNames[digestHash],
      digest: base64(hashOf(digestHash, manifest.bytes)),
    };
    const content = { messageSignature: { messageDigest, signature: base64(signature) } };
    return {
      signed: { by, signature, signedBytes: manifest.bytes, content },
      annotations: { "dev.sigstore.bundle.content": "message-signature" },
    };
  }
  const { predicateType, payload } = statementAbout(manifest, claim);
  const signedBytes = preAuthEncoding(inTotoPayloadType, payload);
  const signature = sign(hash ?? null, signedBytes, privateKey);
  const dsseEnvelope = {
    payload: base64(payload),
    payloadType: inTotoPayloadType,
    signatures: [{ sig: base64(signature) }],
  };
  return {
    signed: { by, signature, signedBytes, content: { dsseEnvelope } },
    annotations: {
      "dev.sigstore.bundle.content": "dsse-envelope",
      "dev.sigstore.bundle.predicateType": predicateType,
    },
  };
}

async function logEntry(
  signed: SignedContent,
  options: SigningOptions,
  signal: AbortSignal | undefined,
): Promise<LogEntryJson | undefined> {
  const { log = publicLog } = options;
  if (log === false) return undefined;
  const request = { url: log.url, signed, limits: options, signal };
  if (log.version === 1) return (await import("./rekor-v1.js")).logInRekorV1(request);
  return (await import("./rekor-v2.js")).logInRekorV2(request);
}

async function timestamp(
  { signature }: SignedContent,
  options: SigningOptions,
  signal: AbortSignal | undefined,
): Promise<Timestamp | undefined> {
  if (options.timestampUrl === undefined) return undefined;
  const { stampSignature } = await import("./timestamp.js");
  return stampSignature({ url: options.timestampUrl, signature, limits: options, signal });
}

function keyMaterial({ certificate, publicKey }: SignedBy): BundleJson["verificationMaterial"] {
  if (certificate !== undefined) return { certificate: { rawBytes: base64(certificate.raw) } };
  const spki = publicKey.export({ type: "spki", format: "der" });
  return { publicKey: { hint: createHash("sha256").update(spki).digest("base64") } };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
