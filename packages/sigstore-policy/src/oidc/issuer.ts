import { isSafe } from "../bounded-request.js";
import { PolicyError } from "../errors.js";
import { valueAt } from "../json-path.js";
import { requestJson } from "./json-answer.js";

/** What an issuer says about itself. */
export interface Issuer {
  /** As it was given, and as tokens have to name it. */
  readonly url: string;
  /** For messages. */
  readonly host: string;
  readonly authorizationEndpoint: URL;
  readonly tokenEndpoint: URL;
}

/**
 * Reads an issuer's configuration (OpenID Connect Discovery, section 4).
 *
 * @throws PolicyError `IdentityUnavailable`
 */
export async function discoverIssuer(url: string, signal: AbortSignal | undefined): Promise<Issuer> {
  if (!URL.canParse(url)) throw new PolicyError("IdentityUnavailable", "the issuer's address is not a URL");
  const base = url.replace(/\/$/u, "");
  const location = new URL(`${base}/.well-known/openid-configuration`);
  const what = "the configuration of the issuer";
  const configuration = await requestJson({ url: location, what, signal });
  // Otherwise one issuer could pass a user on to another (section 4.3).
  if (valueAt(configuration, "issuer") !== url) {
    throw new PolicyError("IdentityUnavailable", `${what} (${location.host}) is of another issuer`);
  }
  const endpoint = (name: string): URL => {
    const value = valueAt(configuration, name);
    if (typeof value === "string" && URL.canParse(value) && isSafe(new URL(value))) return new URL(value);
    throw new PolicyError("IdentityUnavailable", `${what} (${location.host}) has no usable ${name}`);
  };
  return {
    url,
    host: location.host,
    authorizationEndpoint: endpoint("authorization_endpoint"),
    tokenEndpoint: endpoint("token_endpoint"),
  };
}
