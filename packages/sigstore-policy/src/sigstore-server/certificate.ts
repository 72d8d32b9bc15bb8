import type { KeyObject } from "node:crypto";
import { createHash, sign } from "node:crypto";
import type { Der } from "../der/der-writer.js";
import {
  bitString,
  boolean,
  element,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  utcTime,
  utf8String,
} from "../der/der-writer.js";

/** What is to be certified; every part is written as it is given, sensible or not. */
export interface CertificateContent {
  /** Positive. */
  readonly serialNumber: number | bigint;
  /** An encoded Name. */
  readonly issuer: Der;
  /** An encoded Name. */
  readonly subject: Der;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: KeyObject;
  /** Encoded: see {@link extension}. */
  readonly extensions: readonly Der[];
}

const ecdsaWithSha256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));

/** What a certificate's signature covers (RFC 5280, section 4.1). */
export function tbsCertificate(content: CertificateContent): Der {
  return sequence(
    explicit(0, integer(2)),
    integer(content.serialNumber),
    ecdsaWithSha256,
    content.issuer,
    sequence(utcTime(content.notBefore), utcTime(content.notAfter)),
    content.subject,
    spkiOf(content.publicKey),
    explicit(3, sequence(...content.extensions)),
  );
}

/** @param issuerKey On the P-256 curve. */
export function signCertificate(content: CertificateContent, issuerKey: KeyObject): Der {
  const tbs = tbsCertificate(content);
  return sequence(tbs, ecdsaWithSha256, bitString(sign("sha256", tbs, issuerKey)));
}

export function spkiOf(publicKey: KeyObject): Uint8Array {
  return publicKey.export({ type: "spki", format: "der" });
}

/** A Name of a common name and an organization; the empty Name without both. */
export function distinguishedName(names: {
  readonly commonName?: string | undefined;
  readonly organization?: string | undefined;
}): Der {
  const attribute = (oid: string, value: string | undefined): readonly Der[] =>
    value === undefined ? [] : [setOf(sequence(objectIdentifier(oid), utf8String(value)))];
  return sequence(...attribute("2.5.4.3", names.commonName), ...attribute("2.5.4.10", names.organization));
}

export function extension(oid: string, value: Der, critical = false): Der {
  return sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), octetString(value));
}

export const keyUsage: { readonly digitalSignature: Der; readonly certificateSigning: Der } = {
  digitalSignature: extension("2.5.29.15", element(0x03, Uint8Array.of(7, 0x80)), true),
  certificateSigning: extension("2.5.29.15", element(0x03, Uint8Array.of(1, 0x06)), true),
};

export const extendedKeyUsageOids = {
  codeSigning: "1.3.6.1.5.5.7.3.3",
  timeStamping: "1.3.6.1.5.5.7.3.8",
} as const;

export const extendedKeyUsage = (oids: readonly string[], critical = false): Der =>
  extension("2.5.29.37", sequence(...oids.map(objectIdentifier)), critical);

export const basicConstraints = (isAuthority: boolean): Der =>
  extension("2.5.29.19", isAuthority ? sequence(boolean(true)) : sequence(), true);

export const subjectKeyIdentifier = (key: KeyObject): Der =>
  extension("2.5.29.14", octetString(keyIdentifier(key)));

export const authorityKeyIdentifier = (key: KeyObject): Der =>
  extension("2.5.29.35", sequence(implicit(0, keyIdentifier(key))));

/** Who a certificate is for: one name, of the kind that its issuer puts there. */
export interface SubjectAlternativeName {
  readonly type: "uri" | "email";
  readonly value: string;
}

export const subjectAlternativeNames = (names: readonly SubjectAlternativeName[]): Der =>
  extension(
    "2.5.29.17",
    sequence(...names.map(({ type, value }) => implicit(type === "uri" ? 6 : 1, Buffer.from(value)))),
    true,
  );

/** Any bytes that are the same for equal keys will do (RFC 5280, section 4.2.1.2). */
function keyIdentifier(key: KeyObject): Uint8Array {
  return createHash("sha256").update(spkiOf(key)).digest().subarray(0, 20);
}
