import { PolicyError } from "../errors.js";
import { valueAt } from "../json-path.js";
import { checkIdToken } from "./id-token.js";
import { requestJson } from "./json-answer.js";
import type { EnvironmentTokenOptions } from "./static-token.js";
import type { TokenProvider } from "./token-provider.js";

const name = "GitHub Actions";

/**
 * Tokens of the GitHub Actions job that this runs in, one request each. The job needs `permissions: id-token: write`.
 * The address that the runner gives has to be https, or http on a loopback address.
 *
 * @throws PolicyError From `token`: `IdentityUnavailable` outside of a job, without the permission, or when the runner's
 * service does not answer; `InvalidToken` for what it gives instead of one.
 */
export function githubActionsToken(options: EnvironmentTokenOptions = {}): TokenProvider {
  const now = options.now ?? (() => new Date());
  return {
    name,
    token: async ({ audience, signal }) => {
      const { url, secret } = endpointOf(options.env ?? process.env);
      url.searchParams.set("audience", audience);
      const headers = { accept: "application/json", authorization: `Bearer ${secret}` };
      const answer = await requestJson({ url, what: "the token service of GitHub Actions", headers, signal });
      return checkIdToken(valueAt(answer, "value"), { audience, source: name, now });
    },
  };
}

function endpointOf(env: Readonly<Record<string, string | undefined>>): { url: URL; secret: string } {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: address = "", ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret = "" } = env;
  if (address === "" || secret === "") {
    const message = `${name} gives this job no identity token: add "permissions: id-token: write" to the job`;
    throw new PolicyError("IdentityUnavailable", message);
  }
  // A header cannot hold anything else, and what fetch says about it would quote it.
  if (!URL.canParse(address) || !/^[\x21-\x7e]+$/u.test(secret)) {
    throw new PolicyError("IdentityUnavailable", `${name} gave an address or a token that cannot be used`);
  }
  return { url: new URL(address), secret };
}
