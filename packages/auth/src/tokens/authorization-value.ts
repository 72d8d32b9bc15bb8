import type { Credential } from "../credential.js";
import { AuthError } from "../errors.js";

/** Long enough for the largest tokens of cloud providers, short enough for a header. */
const maxTokenLength = 64 * 1024;

/**
 * Whether a token can be put into a header: visible ASCII only. Anything else, line ends above all, could
 * smuggle headers into a request.
 */
export function isSendableToken(token: string): boolean {
  return token.length > 0 && token.length <= maxTokenLength && /^[\x21-\x7e]+$/.test(token);
}

/** `Basic …` by RFC 7617, in UTF-8. */
export function basicValue(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}

export function bearerValue(token: string): string {
  return `Bearer ${token}`;
}

/**
 * Throws `InvalidCredential` for what can never be sent, so that its source is named instead of a puzzling
 * refusal by the registry.
 */
export function checkCredential(credential: Credential, source: string, host: string): void {
  if (credential.kind !== "basic") {
    if (isSendableToken(credential.token)) return;
    throw new AuthError(
      "InvalidCredential",
      `the token for ${host} from ${source} is empty, too long or has spaces or line ends in it: store it again`,
      { host },
    );
  }
  // RFC 7617: the first colon ends the user name.
  if (!credential.username.includes(":")) return;
  throw new AuthError(
    "InvalidCredential",
    `the user name for ${host} from ${source} has a colon in it, which registries cannot tell from the password's`,
    { host },
  );
}
