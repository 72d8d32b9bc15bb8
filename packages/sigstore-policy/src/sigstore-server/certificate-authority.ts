import type { KeyObject } from "node:crypto";
import type { Der } from "../der/der-writer.js";
import { sequence } from "../der/der-writer.js";
import type { SubjectAlternativeName } from "./certificate.js";
import {
  authorityKeyIdentifier,
  basicConstraints,
  distinguishedName,
  extendedKeyUsage,
  extendedKeyUsageOids,
  keyUsage,
  signCertificate,
  subjectAlternativeNames,
  subjectKeyIdentifier,
  tbsCertificate,
} from "./certificate.js";
import type { CtLog } from "./ct-log.js";
import { timestampListExtension } from "./ct-log.js";
import type { KeyPair } from "./key-pair.js";
import { createKeyPair } from "./key-pair.js";

/** What a certificate says. Everything has a default that a verifier accepts, and can be anything else. */
export interface CertificateRequest {
  readonly publicKey: KeyObject;
  /** One for each name; a certificate of Fulcio has exactly one. */
  readonly subjectAlternativeNames: readonly SubjectAlternativeName[];
  /** Encoded extensions, such as those of `identityExtensions`. Default: none. */
  readonly extensions?: readonly Der[] | undefined;
  /** Default: now. */
  readonly notBefore?: Date | undefined;
  /** Default: ten minutes after `notBefore`. */
  readonly notAfter?: Date | undefined;
  /** Default: code signing alone. Empty: no such extension. */
  readonly extendedKeyUsage?: readonly string[] | undefined;
  /** Who signs the timestamps of the certificate. Default: the authority's own log. Empty: no timestamp. */
  readonly ctLogs?: readonly CtLog[] | undefined;
  /** Of the certificate's timestamps. Default: `notBefore`. */
  readonly loggedAt?: Date | undefined;
}

/** Certifies any key for any identity: what guards a real authority is the business of its HTTP service. */
export interface CertificateAuthority {
  /** The root's certificate, DER. */
  readonly certificate: Uint8Array;
  readonly keys: KeyPair;
  /** @returns A certificate, DER. */
  issue(request: CertificateRequest): Uint8Array;
}

const minuteMs = 60_000;
const rootName = distinguishedName({ commonName: "root", organization: "test sigstore" });

/** @param start When the root starts to be valid; it is valid for ten years. */
export function createCertificateAuthority(ctLog: CtLog, start: Date, now: () => Date): CertificateAuthority {
  const keys = createKeyPair();
  let serialNumber = 1;
  const certificate = signCertificate(
    {
      serialNumber,
      issuer: rootName,
      subject: rootName,
      notBefore: start,
      notAfter: yearsAfter(start, 10),
      publicKey: keys.publicKey,
      extensions: [
        basicConstraints(true),
        keyUsage.certificateSigning,
        subjectKeyIdentifier(keys.publicKey),
        authorityKeyIdentifier(keys.publicKey),
      ],
    },
    keys.privateKey,
  );
  return {
    certificate,
    keys,
    issue(request) {
      serialNumber += 1;
      const notBefore = request.notBefore ?? now();
      const usages = request.extendedKeyUsage ?? [extendedKeyUsageOids.codeSigning];
      const content = {
        serialNumber,
        issuer: rootName,
        subject: sequence(),
        notBefore,
        notAfter: request.notAfter ?? new Date(notBefore.getTime() + 10 * minuteMs),
        publicKey: request.publicKey,
        extensions: [
          keyUsage.digitalSignature,
          ...(usages.length === 0 ? [] : [extendedKeyUsage(usages)]),
          subjectAlternativeNames(request.subjectAlternativeNames),
          subjectKeyIdentifier(request.publicKey),
          authorityKeyIdentifier(keys.publicKey),
          ...(request.extensions ?? []),
        ],
      };
      const ctLogs = request.ctLogs ?? [ctLog];
      if (ctLogs.length === 0) return signCertificate(content, keys.privateKey);
      const submission = {
        tbsCertificate: tbsCertificate(content),
        issuerKey: keys.publicKey,
        time: request.loggedAt ?? notBefore,
      };
      const timestamps = timestampListExtension(ctLogs.map((log) => log.timestamp(submission)));
      return signCertificate(
        { ...content, extensions: [...content.extensions, timestamps] },
        keys.privateKey,
      );
    },
  };
}

export function yearsAfter(date: Date, years: number): Date {
  const later = new Date(date);
  later.setUTCFullYear(later.getUTCFullYear() + years);
  return later;
}
