import { createHash, randomBytes } from "node:crypto";
import type { TokenClaims } from "./identity.js";
import type { IdentityTokens } from "./identity-tokens.js";
import type { Answer } from "./misbehaviour.js";
import { jsonAnswer } from "./misbehaviour.js";

export interface OidcRequest {
  readonly method: string;
  /** Below the issuer's URL. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly body: Buffer;
}

/** An issuer where somebody is always logged in, and a workflow's token endpoint. */
export interface OidcService {
  serve(request: OidcRequest): Answer;
}

export interface OidcServiceOptions {
  readonly issuer: () => string;
  readonly tokens: IdentityTokens;
  /** Who is logged in, when a browser comes by. */
  readonly user: TokenClaims;
  /** What the workflow is that asks for a token. */
  readonly workflow: TokenClaims;
  /** What the workflow shows for its token. */
  readonly workflowToken: string;
}

interface Grant {
  readonly redirectUri: string;
  readonly challenge: string;
  readonly claims: TokenClaims;
}

export function createOidcService(options: OidcServiceOptions): OidcService {
  const { issuer, tokens } = options;
  const grants = new Map<string, Grant>();

  /** RFC 6749, section 4.1.1, with RFC 7636: the browser is sent back at once. */
  const authorize = (query: URLSearchParams): Answer => {
    const redirectUri = query.get("redirect_uri") ?? "";
    const challenge = query.get("code_challenge") ?? "";
    if (query.get("response_type") !== "code" || !URL.canParse(redirectUri))
      return failure("invalid_request");
    if (challenge === "" || query.get("code_challenge_method") !== "S256") return failure("invalid_request");
    const nonce = query.get("nonce");
    const code = randomBytes(16).toString("hex");
    const claims = { ...options.user, ...(nonce !== null && { nonce }) };
    grants.set(code, { redirectUri, challenge, claims });
    const location = new URL(redirectUri);
    location.searchParams.set("code", code);
    location.searchParams.set("state", query.get("state") ?? "");
    return { status: 302, headers: { location: location.href }, body: "" };
  };

  /** RFC 6749, section 4.1.3: a code works once. */
  const exchange = (form: URLSearchParams): Answer => {
    const code = form.get("code") ?? "";
    const grant = grants.get(code);
    grants.delete(code);
    const verifier = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (grant === undefined || form.get("grant_type") !== "authorization_code")
      return failure("invalid_grant");
    if (grant.challenge !== verifier || grant.redirectUri !== form.get("redirect_uri")) {
      return failure("invalid_grant");
    }
    return jsonAnswer(200, {
      access_token: randomBytes(16).toString("hex"),
      token_type: "Bearer",
      expires_in: 300,
      id_token: tokens.mint(grant.claims),
    });
  };

  const workflowToken = (request: OidcRequest): Answer =>
    request.authorization?.toLowerCase() === `bearer ${options.workflowToken.toLowerCase()}`
      ? jsonAnswer(200, {
          value: tokens.mint({ ...options.workflow, aud: request.query.get("audience") ?? "none" }),
        })
      : jsonAnswer(401, { message: "unknown workflow" });

  return {
    serve(request) {
      switch (`${request.method} ${request.path}`) {
        case "GET /.well-known/openid-configuration":
          return jsonAnswer(200, configurationOf(issuer()));
        case "GET /keys":
          return jsonAnswer(200, tokens.keySet);
        case "GET /auth":
          return authorize(request.query);
        case "POST /token":
          return exchange(new URLSearchParams(request.body.toString()));
        case "GET /workflow-token":
          return workflowToken(request);
        default:
          return jsonAnswer(404, { error: "not_found" });
      }
    },
  };
}

const failure = (error: string): Answer => jsonAnswer(400, { error });

/** OpenID Connect Discovery, section 3. */
function configurationOf(issuer: string): unknown {
  return {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
    code_challenge_methods_supported: ["S256"],
    scopes_supported: ["openid", "email"],
  };
}
