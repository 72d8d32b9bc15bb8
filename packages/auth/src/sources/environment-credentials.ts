import type { CredentialSource, FoundCredential } from "../credential.js";
import { AuthError } from "../errors.js";
import { forHosts, type Hosts } from "./for-hosts.js";

/** Environment variables by name, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Whom {@link environmentCredentials} are for. */
export interface EnvironmentCredentialsOptions {
  /** The registries that get the credential: the variables do not say. No other registry gets it. */
  readonly hosts: Hosts;
}

/**
 * `BLOB_USERNAME` with `BLOB_PASSWORD`, or else `BLOB_TOKEN` (a registry token, sent as it is), for the registries that the
 * caller names. Read anew at each look-up; empty means unset.
 *
 * Throws `InvalidCredential` for hosts that are none; a look-up throws it when a user name or password comes alone.
 *
 * @example
 * ```ts
 * const credentials = environmentCredentials(process.env, { hosts: ["ghcr.io"] });
 * ```
 */
export function environmentCredentials(
  env: Environment,
  { hosts }: EnvironmentCredentialsOptions,
): CredentialSource {
  return forHosts(hosts, async () => fromEnvironment(env));
}

/** The variable that a credential would come from; undefined when none is set. */
export function credentialVariable(env: Environment): string | undefined {
  return ["BLOB_USERNAME", "BLOB_PASSWORD", "BLOB_TOKEN"].find((name) => (env[name] ?? "") !== "");
}

function fromEnvironment(env: Environment): FoundCredential | undefined {
  const { BLOB_USERNAME: username = "", BLOB_PASSWORD: password = "", BLOB_TOKEN: token = "" } = env;
  if (username !== "" && password !== "") {
    return { credential: { kind: "basic", username, password }, source: "environment" };
  }
  if (token !== "") return { credential: { kind: "bearer", token }, source: "environment" };
  if (username === "" && password === "") return undefined;
  const [given, missing] =
    username === "" ? ["BLOB_PASSWORD", "BLOB_USERNAME"] : ["BLOB_USERNAME", "BLOB_PASSWORD"];
  throw new AuthError("InvalidCredential", `${given} is set but ${missing} is not: set both or neither`);
}
