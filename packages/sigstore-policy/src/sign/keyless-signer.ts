import type { Signer } from "@blob/registry";
import { PolicyError } from "../errors.js";
import type { TokenProvider } from "../oidc/token-provider.js";
import type { SigningKey, SigningOptions } from "./sign-manifest.js";

/** Whose identity signs, who certifies it, and which services confirm it. */
export interface KeylessSignerOptions extends SigningOptions {
  /** Who signs. It is asked once for each signature. */
  readonly identity: TokenProvider;
  /** Who the token is for. Default `sigstore`. */
  readonly audience?: string | undefined;
  /** Where certificates come from. Default: Fulcio of the public instance. */
  readonly fulcioUrl?: string | undefined;
}

const publicFulcio = "https://fulcio.sigstore.dev";

/**
 * Signs with an identity: a new P-256 key for each signature, which Fulcio certifies for who has the token, and which is
 * forgotten afterwards. The log, or a time stamp, proves that the certificate was valid when it was used.
 *
 * `sign` asks for a token, a certificate, a time stamp and a log entry, in this order, and checks what each service
 * answers before it asks the next. The token is sent to Fulcio alone, and is in no error. What it returns has been
 * verified as readers will do it; what would not verify is an error.
 *
 * @example
 * ```ts
 * const signer = keylessSigner({ identity: defaultToken(), trustedRoot: trustedRootTuf({ cacheDirectory }) });
 * const attachment = await signer.sign(manifest);
 * ```
 *
 * @throws PolicyError `InvalidSigner` when nothing would say when a signature was made: neither Rekor v1 nor time
 * stamps. From `sign`: `InvalidSigner` for a claim that cannot be signed, `InvalidToken` for one that names nobody,
 * `IdentityRefused`, `ServiceUnavailable`, `ServiceTimedOut`, `ServiceRefused`, `InvalidAnswer`, the errors of the identity,
 * and what the source of the trusted root throws, if there is one.
 */
export function keylessSigner(options: KeylessSignerOptions): Signer {
  const { identity, audience = "sigstore", fulcioUrl = publicFulcio } = options;
  const logSaysWhen = options.log === undefined || (options.log !== false && options.log.version === 1);
  if (!logSaysWhen && options.timestampUrl === undefined) {
    const message =
      "a keyless signature needs a proof of its time: give a time-stamp authority, or log in Rekor v1";
    throw new PolicyError("InvalidSigner", message);
  }
  return {
    name: `the identity of ${identity.name}`,
    async sign(manifest, { claim, signal } = {}) {
      signal?.throwIfAborted();
      const [{ certifyNewKey }, { signManifest }, { signatureAlgorithmOf }] = await Promise.all([
        import("./fulcio.js"),
        import("./sign-manifest.js"),
        import("../keys/signature-algorithm.js"),
      ]);
      const signingKey = async (): Promise<SigningKey> => {
        const identityToken = await identity.token({ audience, signal });
        signal?.throwIfAborted();
        const request = { url: fulcioUrl, identityToken, limits: options, signal };
        const { privateKey, certificate } = await certifyNewKey(request);
        const { publicKey } = certificate;
        const algorithm = signatureAlgorithmOf(publicKey);
        if (algorithm === undefined) throw new PolicyError("UnsupportedKey", "the key cannot sign");
        return { privateKey, by: { publicKey, certificate, algorithm } };
      };
      return signManifest({ manifest, claim, signingKey, signal }, options);
    },
  };
}
