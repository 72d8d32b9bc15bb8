import { checkCredential } from "../tokens/authorization-value.js";
import { configuredHelpers } from "./configured-helpers.js";
import type { Credential } from "../credential.js";
import { readCredentialsFile, type CredentialsFile } from "../files/credentials-file.js";
import { dockerConfigFile } from "./default-credentials.js";
import { isNotFound } from "./docker-credential-helper.js";
import { AuthError } from "../errors.js";
import { matchingKeys } from "../files/matching-keys.js";
import { helperServerUrl, parseRegistryKey } from "../registry-host.js";
import { replaceFile } from "../files/replace-file.js";
import { runHelper, type CredentialHelperOptions } from "./run-helper.js";

/** Where a credential is stored or erased, and how the helper that keeps it is run. */
export interface StoreCredentialOptions extends Omit<CredentialHelperOptions, "onWarning"> {
  /** Docker's file, or one of the same shape. Default: where docker keeps it, by `DOCKER_CONFIG`. */
  readonly file?: string | undefined;
  /** Where `.docker` is, unless `file` or `DOCKER_CONFIG` say otherwise. Default: that of the operating system. False: there is none. */
  readonly homeDirectory?: string | false | undefined;
  /**
   * Ends the work by throwing its reason. The file is then as it was or as it was to be; a helper that is running is
   * killed.
   */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Keeps a credential for a registry where docker, podman and this package find it: in the credential helper
 * that the file names for the registry, or else in the file. Returns where: the helper's name or the file's
 * path.
 *
 * The file is replaced at once and readable by its owner only (0600); whatever else is in it stays. In the
 * file, the secret is only encoded, not encrypted. Throws `InvalidCredential`, `HelperFailed`,
 * `InvalidCredentialsFile` or `UnreadableCredentialsFile`.
 *
 * @example
 * ```ts
 * const place = await storeCredential("ghcr.io", { kind: "basic", username: "ada", password });
 * console.log(`kept in ${place}`); // "docker-credential-pass", or the file's path
 * ```
 */
export async function storeCredential(
  host: string,
  credential: Credential,
  options: StoreCredentialOptions = {},
): Promise<string> {
  const registry = parseRegistryKey(host).host;
  const config = await readConfig(options);
  checkCredential(credential, "login", registry);
  const [helper] = configuredHelpers(config, { host: registry });
  if (helper !== undefined) {
    await storeInHelper(helper, registry, credential, options);
    // A copy from before the helper was set up would go on lying around in the clear.
    if (entriesOf(config, registry).length > 0) await writeAuths(config, withoutEntries(config, registry));
    return `docker-credential-${helper}`;
  }
  const auths = withoutEntries(config, registry);
  auths.set(helperServerUrl(registry), asEntry(credential));
  await writeAuths(config, auths);
  return config.file;
}

/**
 * Removes what is stored for a registry, from the file and from the helpers that the file names for it.
 * Returns from where: helpers' names and the file's path; empty when there was nothing. Credentials for a
 * part of the registry (`host/namespace`) stay. Throws `HelperFailed`, `InvalidCredentialsFile` or
 * `UnreadableCredentialsFile`.
 *
 * @example
 * ```ts
 * const places = await eraseCredential("ghcr.io");
 * if (places.length === 0) console.log("nothing was stored for ghcr.io");
 * ```
 */
export async function eraseCredential(host: string, options: StoreCredentialOptions = {}): Promise<string[]> {
  const registry = parseRegistryKey(host).host;
  const config = await readConfig(options);
  const places: string[] = [];
  if (entriesOf(config, registry).length > 0) {
    await writeAuths(config, withoutEntries(config, registry));
    places.push(config.file);
  }
  for (const helper of configuredHelpers(config, { host: registry })) {
    if (await eraseFromHelper(helper, registry, options)) places.push(`docker-credential-${helper}`);
  }
  return places;
}

async function readConfig(options: StoreCredentialOptions): Promise<CredentialsFile> {
  const { file = dockerConfigFile(options), signal } = options;
  const config = await readCredentialsFile(file, { signal });
  return (
    config ?? {
      file,
      auths: new Map(),
      credHelpers: new Map(),
      credsStore: "",
      members: new Map<string, unknown>(),
    }
  );
}

function entriesOf({ auths }: CredentialsFile, host: string): string[] {
  return matchingKeys(auths.keys(), { host }, { namespaces: false });
}

function withoutEntries(config: CredentialsFile, host: string): Map<string, unknown> {
  const auths = new Map(config.auths);
  for (const key of entriesOf(config, host)) auths.delete(key);
  return auths;
}

/** Tabs, as docker indents it: a diff of the file shows what changed. */
async function writeAuths(
  { file, members }: CredentialsFile,
  auths: ReadonlyMap<string, unknown>,
): Promise<void> {
  const all = new Map(members).set("auths", Object.fromEntries(auths));
  await replaceFile(file, `${JSON.stringify(Object.fromEntries(all), undefined, "\t")}\n`);
}

function asEntry(credential: Credential): Readonly<Record<string, string>> {
  if (credential.kind === "identity") return { identitytoken: credential.token };
  if (credential.kind === "bearer") return { registrytoken: credential.token };
  const { username, password } = credential;
  return { auth: Buffer.from(`${username}:${password}`, "utf8").toString("base64") };
}

async function storeInHelper(
  helper: string,
  host: string,
  credential: Credential,
  options: StoreCredentialOptions,
): Promise<void> {
  if (credential.kind === "bearer") {
    throw new AuthError(
      "InvalidCredential",
      `docker-credential-${helper} cannot keep a ready registry token for ${host}: pass it in BLOB_TOKEN instead`,
      { host },
    );
  }
  const [username, secret] =
    credential.kind === "basic" ? [credential.username, credential.password] : ["<token>", credential.token];
  const input = JSON.stringify({ ServerURL: helperServerUrl(host), Username: username, Secret: secret });
  const run = await runHelper(helper, "store", input, options);
  if ("problem" in run) throw helperFailed(helper, host, run.problem);
  if (run.exitCode !== 0) throw helperFailed(helper, host, `failed with exit code ${run.exitCode}`);
}

/** Whether the helper had something to erase. */
async function eraseFromHelper(
  helper: string,
  host: string,
  options: StoreCredentialOptions,
): Promise<boolean> {
  const run = await runHelper(helper, "erase", helperServerUrl(host), options);
  if ("problem" in run) throw helperFailed(helper, host, run.problem);
  if (run.exitCode === 0) return true;
  if (isNotFound(run)) return false;
  throw helperFailed(helper, host, `failed with exit code ${run.exitCode}`);
}

function helperFailed(helper: string, host: string, problem: string): AuthError {
  return new AuthError(
    "HelperFailed",
    `docker-credential-${helper} ${problem}, so nothing was changed in it for ${host}: mend or remove it`,
    { host },
  );
}
