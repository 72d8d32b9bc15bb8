import { PolicyError } from "../errors.js";
import { valueAt } from "../json-path.js";

/** Tokens with long lists of groups have some kilobytes. */
const maxTokenLength = 64 * 1024;
/** Clocks of issuers and of this machine differ. */
const leewaySeconds = 60;

/** What has to be in a token. */
export interface TokenExpectation {
  readonly audience: string;
  /** For messages: where the token comes from. */
  readonly source: string;
  readonly now: () => Date;
  /** Known when the token was asked for in a browser flow. */
  readonly issuer?: string | undefined;
  readonly nonce?: string | undefined;
}

/**
 * Checks that a value is a token (a JWT in compact form, RFC 7519) for this use, and returns it. Issuer and nonce are
 * checked where they are expected (OpenID Connect Core, section 3.1.3.7).
 *
 * @throws PolicyError `InvalidToken`, without any part of the token.
 */
export function checkIdToken(value: unknown, expected: TokenExpectation): string {
  const { audience, source, now } = expected;
  const invalid = (why: string): PolicyError =>
    new PolicyError("InvalidToken", `the identity token from ${source} ${why}`);
  if (typeof value !== "string" || value.length > maxTokenLength) throw invalid("is not a token");
  const segments = /^[\w-]+\.(?<payload>[\w-]+)\.[\w-]+$/u.exec(value)?.groups;
  const claims = parseClaims(segments?.["payload"] ?? "");
  if (claims === undefined) throw invalid("is not a token (a JWT)");
  const expiry = valueAt(claims, "exp");
  if (typeof expiry !== "number") throw invalid("does not say when it expires");
  if (expiry + leewaySeconds < now().getTime() / 1000) throw invalid("has expired: get a new one");
  checkAudience(claims, audience, invalid);
  if (expected.issuer !== undefined && valueAt(claims, "iss") !== expected.issuer) {
    throw invalid("is from another issuer");
  }
  if (expected.nonce !== undefined && valueAt(claims, "nonce") !== expected.nonce) {
    throw invalid("answers another request (its nonce differs)");
  }
  return value;
}

function checkAudience(claims: unknown, audience: string, invalid: (why: string) => PolicyError): void {
  const claim = valueAt(claims, "aud");
  const audiences: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  if (!audiences.includes(audience)) throw invalid(`is not for the audience "${audience}"`);
  const party = valueAt(claims, "azp");
  if (audiences.length > 1 && party !== undefined && party !== audience) {
    throw invalid("was issued to another party");
  }
}

function parseClaims(payload: string): unknown {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    return typeof claims === "object" && claims !== null && !Array.isArray(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}
