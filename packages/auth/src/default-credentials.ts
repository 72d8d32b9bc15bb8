import { homedir } from "node:os";
import path from "node:path";
import type { CredentialSource } from "./credential.js";
import type { CredentialHelperOptions } from "./run-helper.js";
import { environmentCredentials, type Environment } from "./environment-credentials.js";
import { containersAuthCredentials, dockerConfigCredentials } from "./file-credentials.js";
import { firstOf } from "./first-of.js";

export interface DefaultCredentialsOptions extends CredentialHelperOptions {
  /** Where the variables that lead to credentials are looked up; helpers get it, too. Default `process.env`. */
  readonly env?: Environment | undefined;
  /** Default: that of the operating system. */
  readonly homeDirectory?: string | undefined;
}

/**
 * The credentials that docker, podman and this project's own variables provide, as the tools themselves would
 * look them up. The first of these that has one for the registry wins:
 *
 * 1. `BLOB_USERNAME` with `BLOB_PASSWORD`, `BLOB_TOKEN`
 * 2. the file that `REGISTRY_AUTH_FILE` names
 * 3. `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`
 * 4. `$XDG_RUNTIME_DIR/containers/auth.json`
 * 5. `${XDG_CONFIG_HOME:-~/.config}/containers/auth.json`
 *
 * Nothing is read before the first look-up. Throws `MalformedConfig`, `UnreadableConfig` and
 * `InvalidCredential`.
 */
export function defaultCredentials(options: DefaultCredentialsOptions = {}): CredentialSource {
  const { env = process.env } = options;
  const files = credentialFiles(options).map(({ kind, file }) =>
    kind === "docker"
      ? dockerConfigCredentials({ ...options, env, file })
      : containersAuthCredentials({ ...options, env, file }),
  );
  return firstOf(environmentCredentials(env), ...files);
}

interface CredentialFile {
  readonly kind: "docker" | "containers";
  readonly file: string;
}

function credentialFiles({
  env = process.env,
  homeDirectory = homedir(),
}: DefaultCredentialsOptions): CredentialFile[] {
  const files: CredentialFile[] = [];
  const registryAuthFile = setting(env, "REGISTRY_AUTH_FILE");
  if (registryAuthFile !== undefined) files.push({ kind: "containers", file: registryAuthFile });
  files.push({ kind: "docker", file: dockerConfigFile({ env, homeDirectory }) });
  const runtime = setting(env, "XDG_RUNTIME_DIR");
  const config = setting(env, "XDG_CONFIG_HOME") ?? path.join(homeDirectory, ".config");
  for (const folder of runtime === undefined ? [config] : [runtime, config]) {
    files.push({ kind: "containers", file: path.join(folder, "containers", "auth.json") });
  }
  return files;
}

/** Where docker keeps its credentials: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`. */
export function dockerConfigFile({
  env = process.env,
  homeDirectory = homedir(),
}: Pick<DefaultCredentialsOptions, "env" | "homeDirectory"> = {}): string {
  return path.join(setting(env, "DOCKER_CONFIG") ?? path.join(homeDirectory, ".docker"), "config.json");
}

/** Shells set variables to nothing rather than unset them. */
function setting(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === "" ? undefined : value;
}
