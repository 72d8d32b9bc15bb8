import { createHash, randomBytes } from "node:crypto";
import { PolicyError } from "../errors.js";
import { valueAt } from "../json-path.js";
import { checkIdToken } from "./id-token.js";
import { discoverIssuer, type Issuer } from "./issuer.js";
import { requestJson } from "./json-answer.js";
import { listenForRedirect } from "./loopback-redirect.js";
import { openInBrowser } from "./open-in-browser.js";
import type { TokenClock } from "./static-token.js";
import type { TokenProvider } from "./token-provider.js";

/** Where people sign in to the public Sigstore services. */
export const publicIssuer = "https://oauth2.sigstore.dev/auth";

const defaultTimeoutMs = 5 * 60 * 1000;

/** Where to sign in, and how the page is shown. Everything has a default for the public Sigstore services. */
export interface BrowserTokenOptions extends TokenClock {
  /** The issuer's URL; everything else is discovered. Default: the public Sigstore issuer. */
  readonly issuer?: string | undefined;
  /** Default: the audience that a token is asked for. */
  readonly clientId?: string | undefined;
  /** Shows the page where the user signs in. Default: opens the system's browser. What it throws ends the flow. */
  readonly openBrowser?: ((url: URL) => void | Promise<void>) | undefined;
  /** How long the user may take. Default: five minutes. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Lets the user sign in with a browser on this machine: authorization code with PKCE (RFC 7636, S256), state and
 * nonce, redirected to a port of the loopback interface (RFC 8252, section 7.3) that is closed afterwards, however it
 * ends. The user is asked anew for each token; none is kept.
 *
 * @example
 * ```ts
 * const signer = keylessSigner({ identity: browserToken() });
 * ```
 *
 * @throws PolicyError From `token`: `IdentityUnavailable` when the issuer cannot be asked, refuses, or nobody signs in in
 * time; `InvalidToken` for what it gives instead of one.
 */
export function browserToken(options: BrowserTokenOptions = {}): TokenProvider {
  const issuerUrl = options.issuer ?? publicIssuer;
  const now = options.now ?? (() => new Date());
  return {
    name: "the browser",
    token: async ({ audience, signal }) => {
      const issuer = await discoverIssuer(issuerUrl, signal);
      const clientId = options.clientId ?? audience;
      const [state, nonce, verifier] = [secret(), secret(), secret()];
      const timeout = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs);
      const redirect = await listenForRedirect({ state, issuer: issuer.url });
      try {
        const page = authorizationUrl(issuer, {
          clientId,
          state,
          nonce,
          verifier,
          redirectUri: redirect.uri,
        });
        await (options.openBrowser ?? openInBrowser)(page);
        const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
        const code = await redirect.code(either);
        const token = await exchangeCode(
          issuer,
          { code, clientId, verifier, redirectUri: redirect.uri },
          signal,
        );
        return checkIdToken(token, { audience, source: issuer.host, now, issuer: issuer.url, nonce });
      } catch (error) {
        signal?.throwIfAborted();
        if (error !== timeout.reason) throw error;
        throw new PolicyError("IdentityUnavailable", "nobody signed in with the browser in time");
      } finally {
        redirect.close();
      }
    },
  };
}

interface Authorization {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly verifier: string;
}

function authorizationUrl(
  issuer: Issuer,
  request: Authorization & { readonly state: string; readonly nonce: string },
): URL {
  const url = new URL(issuer.authorizationEndpoint);
  const parameters = {
    response_type: "code",
    client_id: request.clientId,
    redirect_uri: request.redirectUri,
    scope: "openid email",
    state: request.state,
    nonce: request.nonce,
    code_challenge: createHash("sha256").update(request.verifier).digest("base64url"),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

async function exchangeCode(
  issuer: Issuer,
  request: Authorization & { readonly code: string },
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const form = new URLSearchParams({
    grant_type: "authorization_code",
    code: request.code,
    redirect_uri: request.redirectUri,
    client_id: request.clientId,
    code_verifier: request.verifier,
  });
  const url = issuer.tokenEndpoint;
  const answer = await requestJson({ url, what: "the token endpoint", form, signal });
  return valueAt(answer, "id_token");
}

function secret(): string {
  return randomBytes(32).toString("base64url");
}
