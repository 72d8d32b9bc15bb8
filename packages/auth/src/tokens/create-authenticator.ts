import type { Authenticator, AuthorizationTarget, Scope, SendTokenRequest } from "./authenticator.js";
import { basicValue, bearerValue } from "./authorization-value.js";
import { parseChallenges, type Challenge } from "./challenge.js";
import { createCredentialMemory, type LookUp } from "./credential-memory.js";
import type { Credential, CredentialSource, FoundCredential } from "../credential.js";
import { AuthError } from "../errors.js";
import { checkRealm } from "./realm.js";
import { mergeScopes } from "./scopes.js";
import { createSingleFlight } from "@blob/core/concurrency";
import { exchangeToken } from "./token-exchange.js";
import { accountKey, createTokenMemory } from "./token-memory.js";
import type { Token } from "./token-response.js";

/** What an {@link Authenticator} works with. */
export interface AuthenticatorOptions {
  /** Where credentials come from, asked at the first 401 of a repository and again when they are refused. */
  readonly credentials: CredentialSource;
  /** Milliseconds on any clock, to tell when tokens end; default `Date.now`. */
  readonly now?: () => number;
}

interface SignalOption {
  readonly signal?: AbortSignal | undefined;
}

/** A token that the registry wants, as its challenge describes it. */
interface WantedToken {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly Scope[];
  /** Names realm, service and scopes. */
  readonly key: string;
}

const directKey = "direct";

/**
 * Answers Basic and Bearer challenges. Bearer is preferred where a registry offers both; a ready registry token is sent
 * as it is. Tokens are kept in memory for as long as they hold, never on disk; near their end `current` stops giving
 * them out, so that no request is begun with a token that would expire under way.
 *
 * `answer` throws `InvalidChallenge`, `InsecureRealm`, `TokenRefused`, `TokenUnavailable` or `InvalidTokenResponse`,
 * the errors of the credential sources, and whatever `send` throws.
 *
 * @example
 * ```ts
 * const authenticator = createAuthenticator({ credentials: defaultCredentials({ hosts: ["ghcr.io"] }) });
 * const target = {
 *   origin: "https://ghcr.io",
 *   host: "ghcr.io",
 *   repository: "acme/site",
 *   scopes: ["repository:acme/site:pull"],
 * };
 * // After a 401, with a function of yours that sends the token request:
 * const challenge = response.headers.get("www-authenticate") ?? "";
 * const authorization = await authenticator.answer(target, { challenge }, sendTokenRequest);
 * ```
 */
export function createAuthenticator({ credentials, now = Date.now }: AuthenticatorOptions): Authenticator {
  const tokens = createTokenMemory(now);
  const known = createCredentialMemory(credentials);
  const exchanges = createSingleFlight<string>();

  /**
   * The credential, and what of it can be sent as it is. When that was refused, or nothing was found and
   * anonymous was not enough, the sources are asked once more: somebody may have logged in, or a helper
   * renewed it, since.
   */
  async function direct(
    target: AuthorizationTarget,
    challenges: readonly Challenge[],
    rejected: string | undefined,
    options: SignalOption,
  ): Promise<{ readonly lookUp: LookUp; readonly value: string | undefined }> {
    const lookUp = await known.find(target, options);
    const value = directValue(lookUp.found?.credential, challenges);
    const isStale = rejected !== undefined && (value === rejected || lookUp.found === undefined);
    if (!isStale) return { lookUp, value };
    known.forget(target, lookUp);
    const again = await known.find(target, options);
    const renewed = directValue(again.found?.credential, challenges);
    return { lookUp: again, value: renewed === rejected ? undefined : renewed };
  }

  /** A token for the credential, and once more for a newer one when this one is refused. */
  async function exchange(
    target: AuthorizationTarget,
    wanted: WantedToken,
    send: SendTokenRequest,
    signal: AbortSignal,
  ): Promise<string> {
    const question = { ...wanted, host: target.host };
    const startedAt = now();
    const lookUp = await known.find(target, { signal });
    let token: Token;
    try {
      token = await exchangeToken(question, lookUp.found, send, { signal });
    } catch (error) {
      if (!(error instanceof AuthError) || error.code !== "TokenRefused") throw error;
      known.forget(target, lookUp);
      const again = await known.find(target, { signal });
      if (isSameCredential(again.found, lookUp.found)) throw error;
      token = await exchangeToken(question, again.found, send, { signal });
    }
    const value = bearerValue(token.value);
    const usableUntil = startedAt + token.lifetimeMs - marginMs(token.lifetimeMs);
    tokens.set(target, wanted.key, { value, scopes: wanted.scopes, usableUntil });
    return value;
  }

  return {
    current: (target) => tokens.find(target),
    async answer(target, rejection, send, options = {}) {
      options.signal?.throwIfAborted();
      const { rejected } = rejection;
      if (rejected !== undefined) tokens.forget(target, rejected);
      const challenges = parseChallenges(rejection.challenge);
      const { lookUp, value } = await direct(target, challenges, rejected, options);
      if (value !== undefined) {
        tokens.set(target, directKey, { value, scopes: undefined, usableUntil: Infinity });
        return value;
      }
      const challenge = bearerChallenge(challenges, target.host);
      if (challenge === undefined) {
        if (lookUp.found === undefined) known.forget(target, lookUp);
        return undefined;
      }
      // A ready token that was refused is no password to get another one with.
      if (lookUp.found?.credential.kind === "bearer") return undefined;
      const wanted = wantedToken(challenge, target);
      const kept = tokens.get(target, wanted.key);
      if (kept !== undefined) return kept;
      const flight = `${accountKey(target)}\n${wanted.key}`;
      const token = await exchanges.join(flight, (signal) => exchange(target, wanted, send, signal), options);
      if (token !== rejected) return token;
      tokens.forget(target, token);
      return undefined;
    },
  };
}

/** What can be sent without asking a token server first. */
function directValue(
  credential: Credential | undefined,
  challenges: readonly Challenge[],
): string | undefined {
  if (credential === undefined || credential.kind === "identity") return undefined;
  if (credential.kind === "bearer") return bearerValue(credential.token);
  if (challenges.some(isBearer) || !challenges.some(({ scheme }) => scheme === "basic")) return undefined;
  return basicValue(credential.username, credential.password);
}

/** A Bearer challenge that names no realm is none when the registry offers Basic besides. */
function isBearer({ scheme, parameters }: Challenge): boolean {
  return scheme === "bearer" && (parameters.get("realm") ?? "") !== "";
}

function bearerChallenge(challenges: readonly Challenge[], host: string): Challenge | undefined {
  const challenge = challenges.find(isBearer);
  if (challenge !== undefined || !challenges.some(({ scheme }) => scheme === "bearer")) return challenge;
  if (challenges.some(({ scheme }) => scheme === "basic")) return undefined;
  throw new AuthError("InvalidChallenge", `${host} asks for a token but does not say where to get it`, {
    host,
  });
}

function wantedToken({ parameters }: Challenge, target: AuthorizationTarget): WantedToken {
  const realm = checkRealm(parameters.get("realm") ?? "", target);
  const service = parameters.get("service");
  const scopes = mergeScopes([...target.scopes, ...(parameters.get("scope") ?? "").split(" ")]);
  return { realm, service, scopes, key: JSON.stringify([realm.href, service, scopes]) };
}

function isSameCredential(one: FoundCredential | undefined, other: FoundCredential | undefined): boolean {
  return JSON.stringify(one?.credential) === JSON.stringify(other?.credential);
}

/** How long before its end a token is not used any more: the time that a request and a skewed clock may take. */
function marginMs(lifetimeMs: number): number {
  return Math.min(30_000, lifetimeMs / 4);
}
