import { requestBounded } from "../bounded-request.js";
import { maxKeyFileBytes } from "./pem.js";
import { parsePublicKey, type PublicKey } from "./public-key.js";

/**
 * A public key in PEM from a web server, with one request. The address has to be https (or http on a loopback
 * address), and no redirect is followed: whoever answers decides what is trusted.
 *
 * @throws PolicyError `KeyUnavailable`, `InvalidKey`, `UnsupportedKey`
 */
export async function fetchPublicKey(
  url: URL,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<PublicKey> {
  const request = { url, code: "KeyUnavailable", maxBytes: maxKeyFileBytes, ...options } as const;
  const pem = await requestBounded({ ...request, what: "the server of the public key" });
  return parsePublicKey(pem, `the public key from ${url.host}`);
}
