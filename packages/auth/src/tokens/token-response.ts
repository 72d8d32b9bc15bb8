import { isSendableToken } from "./authorization-value.js";
import { AuthError } from "../errors.js";

/** A registry token and how long it holds. */
export interface Token {
  readonly value: string;
  readonly lifetimeMs: number;
}

/** The token specification: "if omitted, this defaults to 60 seconds". */
const defaultLifetimeSeconds = 60;
/** Nobody means more; a number out of all proportion must not overflow a date. */
const maxLifetimeSeconds = 24 * 60 * 60;

/**
 * Reads a token server's answer: `token` (distribution) or `access_token` (OAuth2). Throws
 * `InvalidTokenResponse`, without a `cause`: a JSON parser's message quotes its input, which may be a token.
 */
export function parseTokenResponse(body: string, realm: URL, host: string): Token {
  const reply = parseObject(body);
  if (reply === undefined) {
    throw invalid(host, realm, "something that is not a JSON object: is a proxy or login page in between?");
  }
  const value = [reply["token"], reply["access_token"]].find(
    (one): one is string => typeof one === "string" && one !== "",
  );
  if (value === undefined) throw invalid(host, realm, "no token in its reply");
  if (!isSendableToken(value)) throw invalid(host, realm, "a token that does not fit in a header");
  return { value, lifetimeMs: lifetimeSeconds(reply["expires_in"]) * 1000 };
}

/** Some servers send the number as a string. Whatever is no sensible number counts as absent. */
function lifetimeSeconds(value: unknown): number {
  const seconds = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof seconds !== "number" || !(seconds > 0)) return defaultLifetimeSeconds;
  return Math.min(seconds, maxLifetimeSeconds);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function invalid(host: string, realm: URL, what: string): AuthError {
  return new AuthError(
    "InvalidTokenResponse",
    `the token server of ${host} (${realm.host}) answered with ${what}`,
    {
      host,
    },
  );
}
