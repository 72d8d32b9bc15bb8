import { basicValue } from "./authorization-value.js";
import type { Scope, SendTokenRequest, TokenRequest } from "./authenticator.js";
import type { Credential, FoundCredential } from "../credential.js";
import { AuthError } from "../errors.js";
import { parseTokenResponse, type Token } from "./token-response.js";

/** The OAuth2 flow wants a name for whoever asks. */
const clientId = "blob";
/** `send` bounds the body already; this holds for senders that forgot. */
const maxBodyLength = 1024 * 1024;

/** Which token to get, and where. */
export interface TokenQuestion {
  /** Checked: see `checkRealm`. */
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly Scope[];
  /** For messages. */
  readonly host: string;
}

/**
 * Gets a token in the way that suits the credential:
 *
 * - none, or a user name and password: GET (token specification); if the server has no GET (404, 405), POST with the
 *   `password` grant;
 * - an identity token: POST with the `refresh_token` grant.
 *
 * Throws `TokenRefused`, `TokenUnavailable` or `InvalidTokenResponse`, and whatever `send` throws. Messages
 * tell the status and never quote the server's text, which might repeat what was sent.
 */
export async function exchangeToken(
  question: TokenQuestion,
  found: FoundCredential | undefined,
  send: SendTokenRequest,
  options: { readonly signal?: AbortSignal | undefined },
): Promise<Token> {
  const credential = found?.credential;
  let reply = await send(firstRequest(question, credential), options);
  if (credential?.kind === "basic" && (reply.status === 404 || reply.status === 405)) {
    const { username, password } = credential;
    reply = await send(postRequest(question, { grant_type: "password", username, password }), options);
  }
  if (reply.status !== 200) throw refusal(question, found, reply.status);
  return parseTokenResponse(reply.body.slice(0, maxBodyLength), question.realm, question.host);
}

function firstRequest(question: TokenQuestion, credential: Credential | undefined): TokenRequest {
  return credential?.kind === "identity"
    ? postRequest(question, { grant_type: "refresh_token", refresh_token: credential.token })
    : getRequest(question, credential);
}

function getRequest(
  { realm, service, scopes }: TokenQuestion,
  credential: Credential | undefined,
): TokenRequest {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const headers: Record<string, string> = { accept: "application/json" };
  if (credential?.kind === "basic") {
    headers["authorization"] = basicValue(credential.username, credential.password);
  }
  return { url, method: "GET", headers };
}

function postRequest(
  { realm, service, scopes }: TokenQuestion,
  grant: Readonly<Record<string, string>>,
): TokenRequest {
  const form = new URLSearchParams({ ...grant, client_id: clientId });
  if (service !== undefined) form.set("service", service);
  if (scopes.length > 0) form.set("scope", scopes.join(" "));
  return {
    url: realm,
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: form.toString(),
  };
}

function refusal(
  { host, realm }: TokenQuestion,
  found: FoundCredential | undefined,
  status: number,
): AuthError {
  const server = `the token server of ${host} (${realm.host})`;
  // 400 is what OAuth2 servers say about an expired refresh token (RFC 6749, section 5.2: invalid_grant).
  const isRefusal = status === 400 || status === 401 || status === 403;
  if (!isRefusal) {
    const isPassing = status === 429 || status >= 500;
    const advice = isPassing
      ? "try again later"
      : "that is no answer to a request for a token, so ask its operator";
    return new AuthError("TokenUnavailable", `${server} answered with status ${status}: ${advice}`, {
      host,
      status,
    });
  }
  const message =
    found === undefined
      ? `${server} gives no token to anonymous clients (status ${status}), and no credential was found for ${host}`
      : `${server} does not accept the credential from ${found.source} (status ${status})`;
  return new AuthError("TokenRefused", message, { host, status });
}
