import { boolean, integer, objectIdentifier, octetString, sequence } from "../der/der-writer.js";

/**
 * A TimeStampReq for a SHA-256, without certificates in the answer (RFC 3161, section 2.4.1). It has no nonce: what is
 * stamped is the hash of a new signature, and an older stamp of the same signature would be just as true.
 */
export function timestampRequest(sha256: Uint8Array): Uint8Array {
  const algorithm = sequence(objectIdentifier("2.16.840.1.101.3.4.2.1"), Uint8Array.of(0x05, 0x00));
  return sequence(integer(1), sequence(algorithm, octetString(sha256)), boolean(false));
}
