import type { KeyObject } from "node:crypto";
import { PolicyError } from "../errors.js";

/** The kinds of keys that sign and verify; RSA with 2048 to 16384 bits. */
export type KeyAlgorithm = "ecdsa-p256" | "ecdsa-p384" | "ecdsa-p521" | "rsa" | "ed25519";

/** Below it signatures can be forged. */
const minRsaBits = 2048;
/** Above it a single verification takes long enough to be an attack. */
const maxRsaBits = 16_384;

const curves = new Map<string | undefined, KeyAlgorithm>([
  ["prime256v1", "ecdsa-p256"],
  ["secp384r1", "ecdsa-p384"],
  ["secp521r1", "ecdsa-p521"],
]);

const accepted = "use P-256, P-384, P-521, Ed25519, or RSA with 2048 bits or more";

/** @throws PolicyError `UnsupportedKey` */
export function algorithmOf(key: KeyObject, what: string): KeyAlgorithm {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "ed25519") return "ed25519";
  if (type === "ec") {
    const algorithm = curves.get(details?.namedCurve);
    if (algorithm !== undefined) return algorithm;
    const curve = details?.namedCurve ?? "without a name";
    throw new PolicyError("UnsupportedKey", `${what} is on the curve ${curve}: ${accepted}`);
  }
  if (type === "rsa") {
    const bits = details?.modulusLength ?? 0;
    if (bits < minRsaBits || bits > maxRsaBits) {
      throw new PolicyError("UnsupportedKey", `${what} is an RSA key with ${bits} bits: ${accepted}`);
    }
    // With an exponent of 1 every signature verifies.
    if ((details?.publicExponent ?? 0n) < 3n) {
      throw new PolicyError(
        "UnsupportedKey",
        `${what} is an RSA key with a public exponent below 3: ${accepted}`,
      );
    }
    return "rsa";
  }
  throw new PolicyError("UnsupportedKey", `${what} is a key of type ${String(type)}: ${accepted}`);
}
