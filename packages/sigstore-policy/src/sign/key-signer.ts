import type { Signer } from "@blob/registry";
import { PolicyError } from "../errors.js";
import type { PrivateKey } from "../keys/private-key.js";
import type { SigningOptions } from "./sign-manifest.js";
import { signatureAlgorithmOf } from "../keys/signature-algorithm.js";

export interface KeySignerOptions extends SigningOptions {
  /** From `loadPrivateKey`. */
  readonly key: PrivateKey;
}

/**
 * Signs with a private key: P-256, P-384, P-521, RSA or Ed25519. Bundles name the key by its fingerprint, and verify
 * with the public key alone, at any time.
 *
 * `sign` asks the time-stamp authority, then the log, if there are any, and checks what they answer.
 *
 * @throws PolicyError `InvalidSigner` for an Ed25519 key and Rekor v2. From `sign`: `ServiceUnavailable`,
 * `ServiceTimedOut`, `ServiceRefused`, `InvalidAnswer`
 */
export function keySigner(options: KeySignerOptions): Signer {
  const { key: privateKey, publicKey } = options.key;
  const algorithm = signatureAlgorithmOf(publicKey.key);
  if (algorithm === undefined) {
    throw new PolicyError("UnsupportedKey", `no signature is made with a key of type ${publicKey.algorithm}`);
  }
  if (algorithm.hash === undefined && options.log !== false && options.log?.version === 2) {
    throw new PolicyError(
      "InvalidSigner",
      "Rekor v2 does not take Ed25519 signatures: use Rekor v1 or no log",
    );
  }
  return {
    name: `the key ${publicKey.fingerprint}`,
    async sign(manifest, { claim, signal } = {}) {
      signal?.throwIfAborted();
      const { signManifest } = await import("./sign-manifest.js");
      const by = { publicKey: publicKey.key, algorithm };
      return signManifest({ manifest, claim, signingKey: async () => ({ privateKey, by }), signal }, options);
    },
  };
}
