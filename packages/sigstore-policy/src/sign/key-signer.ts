import type { Signer } from "@blob/registry";
import { PolicyError } from "../errors.js";
import type { PrivateKey } from "../keys/private-key.js";
import type { SigningOptions } from "./sign-manifest.js";
import { signatureAlgorithmOf } from "../keys/signature-algorithm.js";

/** Which key signs, and which services confirm it. */
export interface KeySignerOptions extends SigningOptions {
  /** From `loadPrivateKey`. */
  readonly key: PrivateKey;
}

/**
 * Signs with a private key: P-256, P-384, P-521, RSA or Ed25519. Bundles name the key by its fingerprint, and verify
 * with the public key alone, at any time.
 *
 * `sign` asks the time-stamp authority, then the log, if there are any. What it returns has been verified as readers
 * will do it; what would not verify is an error.
 *
 * @example
 * ```ts
 * const key = await loadPrivateKey(await readFile("release.key"), { password });
 * const attachment = await keySigner({ key, log: false }).sign(manifest);
 * ```
 *
 * @throws PolicyError `UnsupportedKey`, and `InvalidSigner` for an Ed25519 key and Rekor v2. From `sign`:
 * `InvalidSigner` for a claim that cannot be signed, `ServiceUnavailable`, `ServiceTimedOut`, `ServiceRefused`,
 * `InvalidAnswer`, and what the source of the trusted root throws, if there is one.
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
