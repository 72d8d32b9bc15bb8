import { PolicyError } from "../errors.js";
import { browserToken, type BrowserTokenOptions } from "./browser-token.js";
import { githubActionsToken } from "./github-actions-token.js";
import { environmentToken, type EnvironmentTokenOptions, staticToken } from "./static-token.js";
import type { TokenProvider } from "./token-provider.js";

/** What goes before the environment, and what comes after it. */
export interface DefaultTokenOptions extends EnvironmentTokenOptions {
  /** A token that the user gave: it goes before everything else. */
  readonly token?: string | undefined;
  /** What to do when the environment has no token. Default: `false`, an error; else the user is asked to sign in. */
  readonly browser?: BrowserTokenOptions | false | undefined;
}

/**
 * The first that there is: the given token, `SIGSTORE_ID_TOKEN`, the GitHub Actions job, and, if it is allowed, the
 * browser. The choice depends on the environment alone: a source that fails is an error, and no reason to try another.
 *
 * @example
 * ```ts
 * const signer = keylessSigner({ identity: defaultToken() });
 * ```
 *
 * @throws PolicyError From `token`: `IdentityUnavailable` without any source, and the errors of the chosen one.
 */
export function defaultToken(options: DefaultTokenOptions = {}): TokenProvider {
  return {
    name: "the identity token",
    token: (request) => {
      const provider = choose(options);
      if (provider !== undefined) return provider.token(request);
      const message =
        "there is no identity token: give one, set SIGSTORE_ID_TOKEN, or sign in with a browser";
      return Promise.reject(new PolicyError("IdentityUnavailable", message));
    },
  };
}

function choose(options: DefaultTokenOptions): TokenProvider | undefined {
  const env = options.env ?? process.env;
  const { now, token, browser = false } = options;
  if (token !== undefined) return staticToken(token, { now });
  if ((env["SIGSTORE_ID_TOKEN"] ?? "") !== "") return environmentToken({ env, now });
  if ((env["GITHUB_ACTIONS"] ?? "") === "true") return githubActionsToken({ env, now });
  return browser === false ? undefined : browserToken({ now, ...browser });
}
