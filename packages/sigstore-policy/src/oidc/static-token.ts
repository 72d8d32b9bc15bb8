import { PolicyError } from "../errors.js";
import { checkIdToken } from "./id-token.js";
import type { TokenProvider } from "./token-provider.js";

const variable = "SIGSTORE_ID_TOKEN";

/** By which clock tokens have expired. */
export interface TokenClock {
  /** Default: the system's clock. */
  readonly now?: (() => Date) | undefined;
}

/**
 * A token that somebody gave; whitespace around it is dropped. It is looked at when it is asked for.
 *
 * @throws PolicyError From `token`: `IdentityUnavailable` when it is empty; `InvalidToken` when it is none, has expired, or
 * is for somebody else.
 */
export function staticToken(token: string, options: TokenClock = {}): TokenProvider {
  return givenToken("the given token", () => token, options);
}

/** Which environment to look into. */
export interface EnvironmentTokenOptions extends TokenClock {
  /** Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * The token in the environment variable `SIGSTORE_ID_TOKEN`, as other Sigstore clients read it. The variable is read when
 * a token is asked for.
 *
 * @throws PolicyError From `token`: `IdentityUnavailable` when there is none; `InvalidToken` as {@link staticToken}.
 */
export function environmentToken(options: EnvironmentTokenOptions = {}): TokenProvider {
  return givenToken(variable, () => (options.env ?? process.env)[variable] ?? "", options);
}

function givenToken(name: string, read: () => string, options: TokenClock): TokenProvider {
  const now = options.now ?? (() => new Date());
  return {
    name,
    token: async ({ audience, signal }) => {
      signal?.throwIfAborted();
      const token = read().trim();
      if (token === "")
        throw new PolicyError("IdentityUnavailable", `there is no identity token: ${name} is empty`);
      return checkIdToken(token, { audience, source: name, now });
    },
  };
}
