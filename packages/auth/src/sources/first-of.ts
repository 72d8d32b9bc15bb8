import type { CredentialSource } from "../credential.js";

/**
 * The first credential that any of the sources has, in their order. Later sources are not asked once one is
 * found; an error of a source ends the look-up, since going on might pick a credential that nobody meant.
 *
 * @example
 * ```ts
 * const credentials = firstOf(staticToken({ host: "ghcr.io", token }), defaultCredentials());
 * ```
 */
export function firstOf(...sources: readonly CredentialSource[]): CredentialSource {
  return async (target, options = {}) => {
    for (const source of sources) {
      options.signal?.throwIfAborted();
      const found = await source(target, options);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}
