import { namedCredential } from "../files/auth-entry.js";
import type { Credential, FoundCredential } from "../credential.js";
import { asMembers } from "../files/credentials-file.js";
import { helperServerUrl } from "../registry-host.js";
import { isHelperName, runHelper, type CredentialHelperOptions } from "./run-helper.js";

/** What helpers print, on stdout, when all is well and they only know nothing. */
const notFound = /credentials not found in native keychain/i;

/** Whether a helper failed only because it has no such credential. */
export function isNotFound(run: { readonly exitCode: number; readonly stdout: string }): boolean {
  return run.exitCode !== 0 && notFound.test(run.stdout);
}

/**
 * The credential that `docker-credential-<name>` has for a registry; undefined when it has none. A helper
 * that is missing, broken or hangs is reported to `onWarning` and counts as one that has none: registries can
 * be read anonymously often.
 */
export async function askCredentialHelper(
  name: string,
  host: string,
  options: CredentialHelperOptions & { readonly signal?: AbortSignal | undefined },
): Promise<FoundCredential | undefined> {
  const helper = isHelperName(name)
    ? `docker-credential-${name}`
    : `credential helper ${JSON.stringify(name.slice(0, 100))}`;
  const run = await runHelper(name, "get", helperServerUrl(host), options);
  const warn = (problem: string) => {
    options.onWarning?.(`${helper} ${problem}: going on without its credential for ${host}`);
    return undefined;
  };
  if ("problem" in run) return warn(run.problem);
  if (run.exitCode !== 0) {
    return isNotFound(run) ? undefined : warn(`failed with exit code ${run.exitCode}`);
  }
  const answer = parseAnswer(run.stdout);
  if (answer === "garbage") return warn("did not answer in the credential helper protocol");
  return answer === undefined ? undefined : { credential: answer, source: helper };
}

function parseAnswer(stdout: string): Credential | "garbage" | undefined {
  let members: ReadonlyMap<string, unknown> | undefined;
  try {
    members = asMembers(JSON.parse(stdout));
  } catch {
    return "garbage";
  }
  const username = members?.get("Username") ?? "";
  const secret = members?.get("Secret") ?? "";
  if (members === undefined || typeof username !== "string" || typeof secret !== "string") return "garbage";
  return secret === "" ? undefined : namedCredential(username, secret);
}
