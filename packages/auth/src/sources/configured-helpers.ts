import type { CredentialTarget } from "../credential.js";
import { malformed, type CredentialsFile } from "../files/credentials-file.js";
import { matchingKeys } from "../files/matching-keys.js";

/** The helpers that a file names for a registry, in the order in which they are asked. Throws `InvalidCredentialsFile`. */
export function configuredHelpers(config: CredentialsFile, { host }: CredentialTarget): string[] {
  const { credHelpers, credsStore, file } = config;
  const store = credsStore === "" ? [] : [credsStore];
  // Helpers hold credentials for whole registries only.
  const [key] = matchingKeys(credHelpers.keys(), { host }, { namespaces: false });
  if (key === undefined) return store;
  const helper = credHelpers.get(key) ?? "";
  if (typeof helper !== "string")
    throw malformed(file, `credHelpers[${JSON.stringify(key)}] is not a string`);
  // As in docker: an empty name takes the registry out of the helpers' hands.
  return helper === "" ? [] : [helper, ...store];
}
