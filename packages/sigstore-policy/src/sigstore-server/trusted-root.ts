import type { KeyObject } from "node:crypto";
import type { CertificateAuthority } from "./certificate-authority.js";
import { spkiOf } from "./certificate.js";
import type { CtLog } from "./ct-log.js";
import type { TimestampAuthority } from "./timestamp-authority.js";
import type { TransparencyLog } from "./transparency-log.js";

/** Where each service listens: `http://127.0.0.1:port/…`, without a slash at the end. */
export interface ServiceUrls {
  /** Certifies keys: `/api/v2/signingCert`. */
  readonly fulcio: string;
  /** Logs signatures: `/api/v1/log/entries`. */
  readonly rekorV1: string;
  /** Logs signatures: `/api/v2/log/entries`. */
  readonly rekorV2: string;
  /** Stamps signatures, with the path. */
  readonly timestampAuthority: string;
  /** Also what the tokens have as their issuer. */
  readonly oidc: string;
}

export interface TrustedServices {
  readonly urls: ServiceUrls;
  readonly certificateAuthority: CertificateAuthority;
  readonly ctLog: CtLog;
  readonly rekorV1: TransparencyLog;
  readonly rekorV2: TransparencyLog;
  readonly timestampAuthority: TimestampAuthority;
  /** When all of it starts to be trusted. */
  readonly start: Date;
}

/** What a verifier has to trust, as JSON can hold it: a `TrustedRoot` of the Sigstore protobuf specifications. */
export function trustedRootOf(services: TrustedServices): unknown {
  const validFor = { start: services.start.toISOString() };
  const log = (
    baseUrl: string,
    { publicKey, logId }: { publicKey: KeyObject; logId: Uint8Array },
  ): unknown => ({
    baseUrl,
    hashAlgorithm: "SHA2_256",
    publicKey: { rawBytes: base64(spkiOf(publicKey)), keyDetails: "PKIX_ECDSA_P256_SHA_256", validFor },
    logId: { keyId: base64(logId) },
  });
  const authority = (uri: string, certificates: readonly Uint8Array[]): unknown => ({
    subject: { organization: "test sigstore", commonName: "root" },
    uri,
    certChain: { certificates: certificates.map((certificate) => ({ rawBytes: base64(certificate) })) },
    validFor,
  });
  const { urls } = services;
  return {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: [log(urls.rekorV1, services.rekorV1), log(urls.rekorV2, services.rekorV2)],
    certificateAuthorities: [authority(urls.fulcio, [services.certificateAuthority.certificate])],
    ctlogs: [log(urls.fulcio, services.ctLog)],
    timestampAuthorities: [authority(urls.timestampAuthority, services.timestampAuthority.certificates)],
  };
}

/** Which services a signer uses, as JSON can hold it: a `SigningConfig` of version 0.2. */
export function signingConfigOf(urls: ServiceUrls, start: Date): unknown {
  const service = (url: string, majorApiVersion: number): unknown => ({
    url,
    majorApiVersion,
    validFor: { start: start.toISOString() },
    operator: "test sigstore",
  });
  return {
    mediaType: "application/vnd.dev.sigstore.signingconfig.v0.2+json",
    caUrls: [service(urls.fulcio, 1)],
    oidcUrls: [service(urls.oidc, 1)],
    rekorTlogUrls: [service(urls.rekorV2, 2), service(urls.rekorV1, 1)],
    rekorTlogConfig: { selector: "ANY" },
    tsaUrls: [service(urls.timestampAuthority, 1)],
    tsaConfig: { selector: "ANY" },
  };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
