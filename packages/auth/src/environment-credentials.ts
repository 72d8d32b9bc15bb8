import type { CredentialSource, FoundCredential } from "./credential.js";
import { AuthError } from "./errors.js";

/** Environment variables by name, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `BLOB_USERNAME` with `BLOB_PASSWORD`, or else `BLOB_TOKEN` (a registry token, sent as it is). Read anew at
 * each look-up; empty means unset. They hold for *every* registry that asks: set them for commands that talk
 * to one registry only.
 *
 * Throws `InvalidCredential` when a user name or password comes alone.
 */
export function environmentCredentials(env: Environment): CredentialSource {
  return async () => fromEnvironment(env);
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
