import type { KeyObject } from "node:crypto";
import { generateKeyPairSync } from "node:crypto";

/** Keys that belong together. */
export interface KeyPair {
  /** Signs. */
  readonly privateKey: KeyObject;
  /** Verifies. */
  readonly publicKey: KeyObject;
}

/** A new key on the P-256 curve, which everything in the test Sigstore uses. */
export function createKeyPair(): KeyPair {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}
