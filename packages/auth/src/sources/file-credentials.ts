import { readAuthEntry } from "../files/auth-entry.js";
import type { CredentialSource, CredentialTarget, FoundCredential } from "../credential.js";
import {
  parseCredentialsFile,
  readCredentialsFile,
  type CredentialsFile,
} from "../files/credentials-file.js";
import { askCredentialHelper } from "./docker-credential-helper.js";
import { configuredHelpers } from "./configured-helpers.js";
import { matchingKeys } from "../files/matching-keys.js";
import type { CredentialHelperOptions } from "./run-helper.js";

/** Which file is read, and how the helpers that it names are run. */
export interface FileCredentialsOptions extends CredentialHelperOptions {
  /** The file's path. That there is none is no error. */
  readonly file: string;
}

/**
 * The credentials of docker's `config.json`. For each registry its own helper (`credHelpers`) is asked first,
 * then the helper for all (`credsStore`), then the file's `auths`.
 *
 * The file is read at each look-up, whole, and at most 1 MiB of it; an authenticator looks up once for each
 * repository, and again when the credential is refused. Throws `InvalidCredentialsFile` with the position, and
 * `UnreadableCredentialsFile`. Helpers that do not work are reported to `onWarning` and passed over.
 *
 * @example
 * ```ts
 * const credentials = dockerConfigCredentials({ file: dockerConfigFile(), onWarning: console.warn });
 * ```
 */
export function dockerConfigCredentials(options: FileCredentialsOptions): CredentialSource {
  return fileCredentials(options, { namespaces: false });
}

/**
 * The credentials of podman's and skopeo's `auth.json`: as docker's, and its `auths` may also be limited to a
 * part of a registry (`host/namespace/repository`; the longest one wins).
 */
export function containersAuthCredentials(options: FileCredentialsOptions): CredentialSource {
  return fileCredentials(options, { namespaces: true });
}

/**
 * The same of what a variable has instead of a file: docker and CI systems read `DOCKER_AUTH_CONFIG`. Helpers that it names
 * are not run: it is for credentials alone.
 */
export function variableCredentials(text: string, name: string): CredentialSource {
  return async (target) => fromAuths(parseCredentialsFile(text, name), target, { namespaces: false });
}

function fileCredentials(
  options: FileCredentialsOptions,
  matching: { readonly namespaces: boolean },
): CredentialSource {
  return async (target, { signal } = {}) => {
    const config = await readCredentialsFile(options.file, { signal });
    if (config === undefined) return undefined;
    for (const helper of configuredHelpers(config, target)) {
      const found = await askCredentialHelper(helper, target.host, { ...options, signal });
      if (found !== undefined) return found;
    }
    return fromAuths(config, target, matching);
  };
}

function fromAuths(
  { auths, file }: CredentialsFile,
  target: CredentialTarget,
  matching: { readonly namespaces: boolean },
): FoundCredential | undefined {
  for (const key of matchingKeys(auths.keys(), target, matching)) {
    const credential = readAuthEntry(auths.get(key), key, file);
    if (credential !== undefined) return { credential, source: file };
  }
  return undefined;
}
