import type { KeyObject } from "node:crypto";
import { createHash, sign } from "node:crypto";
import type { Der } from "../der/der-writer.js";
import { octetString } from "../der/der-writer.js";
import { extension, spkiOf } from "./certificate.js";
import type { KeyPair } from "./key-pair.js";

/** Signs certificate timestamps, and keeps nothing: no verifier ever asks a certificate log. */
export interface CtLog {
  readonly publicKey: KeyObject;
  /** The SHA-256 of the public key. */
  readonly logId: Uint8Array;
  /** Promises that a certificate is in the log (RFC 6962, section 3.2). */
  timestamp(submission: CtSubmission): Uint8Array;
}

export interface CtSubmission {
  /** What the final certificate's signature covers, without the list of timestamps. */
  readonly tbsCertificate: Uint8Array;
  readonly issuerKey: KeyObject;
  readonly time: Date;
}

export function createCtLog(keys: KeyPair): CtLog {
  const logId = createHash("sha256").update(spkiOf(keys.publicKey)).digest();
  return {
    publicKey: keys.publicKey,
    logId,
    timestamp({ tbsCertificate, issuerKey, time }) {
      const milliseconds = unsigned(8, time.getTime());
      const signed = Buffer.concat([
        Uint8Array.of(0, 0),
        milliseconds,
        unsigned(2, 1),
        createHash("sha256").update(spkiOf(issuerKey)).digest(),
        withLength(3, tbsCertificate),
        unsigned(2, 0),
      ]);
      const signature = withLength(2, sign("sha256", signed, keys.privateKey));
      const ecdsaWithSha256 = Uint8Array.of(4, 3);
      return Buffer.concat([
        Uint8Array.of(0),
        logId,
        milliseconds,
        unsigned(2, 0),
        ecdsaWithSha256,
        signature,
      ]);
    },
  };
}

/** The extension that carries timestamps in a certificate (RFC 6962, section 3.3). */
export function timestampListExtension(timestamps: readonly Uint8Array[]): Der {
  const list = Buffer.concat(timestamps.map((timestamp) => withLength(2, timestamp)));
  return extension("1.3.6.1.4.1.11129.2.4.2", octetString(withLength(2, list)));
}

const withLength = (octets: number, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([unsigned(octets, bytes.length), bytes]);

function unsigned(octets: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes.subarray(8 - octets);
}
