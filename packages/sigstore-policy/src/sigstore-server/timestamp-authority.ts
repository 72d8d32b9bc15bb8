import { createHash, sign } from "node:crypto";
import type { Der } from "../der/der-writer.js";
import {
  element,
  explicit,
  generalizedTime,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  utcTime,
} from "../der/der-writer.js";
import {
  authorityKeyIdentifier,
  basicConstraints,
  distinguishedName,
  extendedKeyUsage,
  extendedKeyUsageOids,
  keyUsage,
  signCertificate,
  subjectKeyIdentifier,
} from "./certificate.js";
import { yearsAfter } from "./certificate-authority.js";
import { createKeyPair } from "./key-pair.js";

/** Signs the time at which it saw a hash (RFC 3161). */
export interface TimestampAuthority {
  /** The signing certificate and the root, DER. */
  readonly certificates: readonly [Uint8Array, Uint8Array];
  /** @returns A TimeStampResp, DER: what a bundle carries. */
  timestamp(request: TimestampRequest): Uint8Array;
}

export interface TimestampRequest {
  /** The SHA-256 of what is stamped: in a bundle, of the signature. */
  readonly sha256: Uint8Array;
  /** Big-endian; echoed. Default: none. */
  readonly nonce?: Uint8Array | undefined;
  /** In whole seconds. Default: now. */
  readonly time?: Date | undefined;
}

export const sha256Algorithm: Der = sequence(objectIdentifier("2.16.840.1.101.3.4.2.1"));
const rootName = distinguishedName({ commonName: "time root", organization: "test sigstore" });
const signingSerialNumber = 2;

export function createTimestampAuthority(start: Date, now: () => Date): TimestampAuthority {
  const root = createKeyPair();
  const signer = createKeyPair();
  const validity = { notBefore: start, notAfter: yearsAfter(start, 10) };
  const rootCertificate = signCertificate(
    {
      ...validity,
      serialNumber: 1,
      issuer: rootName,
      subject: rootName,
      publicKey: root.publicKey,
      extensions: [
        basicConstraints(true),
        keyUsage.certificateSigning,
        subjectKeyIdentifier(root.publicKey),
        authorityKeyIdentifier(root.publicKey),
      ],
    },
    root.privateKey,
  );
  const certificate = signCertificate(
    {
      ...validity,
      serialNumber: signingSerialNumber,
      issuer: rootName,
      subject: distinguishedName({ commonName: "time", organization: "test sigstore" }),
      publicKey: signer.publicKey,
      extensions: [
        basicConstraints(false),
        keyUsage.digitalSignature,
        extendedKeyUsage([extendedKeyUsageOids.timeStamping], true),
        subjectKeyIdentifier(signer.publicKey),
        authorityKeyIdentifier(root.publicKey),
      ],
    },
    root.privateKey,
  );
  let serialNumber = 0;
  return {
    certificates: [certificate, rootCertificate],
    timestamp(request) {
      serialNumber += 1;
      const time = request.time ?? now();
      const info = sequence(
        integer(1),
        objectIdentifier("1.3.6.1.4.1.57264.2"),
        sequence(sha256Algorithm, octetString(request.sha256)),
        integer(serialNumber),
        generalizedTime(time),
        ...(request.nonce === undefined ? [] : [integer(request.nonce)]),
      );
      const attributes = signedAttributes(info, certificate, time);
      const signature = sign("sha256", setOf(...attributes), signer.privateKey);
      return timestampResponse(info, attributes, signature);
    },
  };
}

const tstInfoType = objectIdentifier("1.2.840.113549.1.9.16.1.4");

/** RFC 5652, section 5.3, and the signing certificate's hash of RFC 5035. */
function signedAttributes(info: Der, certificate: Der, time: Date): readonly Der[] {
  const attribute = (oid: string, value: Der): Der => sequence(objectIdentifier(oid), setOf(value));
  const hash = (bytes: Uint8Array): Der => octetString(createHash("sha256").update(bytes).digest());
  return [
    attribute("1.2.840.113549.1.9.3", tstInfoType),
    attribute("1.2.840.113549.1.9.5", utcTime(time)),
    attribute("1.2.840.113549.1.9.4", hash(info)),
    attribute("1.2.840.113549.1.9.16.2.47", sequence(sequence(sequence(hash(certificate))))),
  ];
}

function timestampResponse(info: Der, attributes: readonly Der[], signature: Uint8Array): Der {
  const signerInfo = sequence(
    integer(1),
    sequence(rootName, integer(signingSerialNumber)),
    sha256Algorithm,
    // A SET OF under an implicit tag: its own tag is replaced, its order stays.
    element(0xa0, ...attributes.toSorted((a, b) => Buffer.compare(a, b))),
    sequence(objectIdentifier("1.2.840.10045.4.3.2")),
    octetString(signature),
  );
  const signedData = sequence(
    integer(3),
    setOf(sha256Algorithm),
    sequence(tstInfoType, explicit(0, octetString(info))),
    setOf(signerInfo),
  );
  const granted = sequence(integer(0));
  return sequence(granted, sequence(objectIdentifier("1.2.840.113549.1.7.2"), explicit(0, signedData)));
}
