import { homedir } from "node:os";
import path from "node:path";
import type { CredentialSource } from "../credential.js";
import type { CredentialHelperOptions } from "./run-helper.js";
import { AuthError } from "../errors.js";
import { credentialVariable, environmentCredentials, type Environment } from "./environment-credentials.js";
import type { Hosts } from "./for-hosts.js";
import {
  containersAuthCredentials,
  dockerConfigCredentials,
  variableCredentials,
} from "./file-credentials.js";
import { firstOf } from "./first-of.js";

/** Where {@link defaultCredentials} looks, and for which registries it uses variables. */
export interface DefaultCredentialsOptions extends CredentialHelperOptions {
  /**
   * The registries that `BLOB_USERNAME`, `BLOB_PASSWORD` and `BLOB_TOKEN` are for. Files say by themselves what they are
   * for. Default: none, and a look-up that would have found them says so to `onWarning`.
   */
  readonly hosts?: Hosts | undefined;
  /** Where the variables that lead to credentials are looked up; helpers get it, too. Default `process.env`. */
  readonly env?: Environment | undefined;
  /** Default: that of the operating system, where it knows one. False: there is none, and nothing is looked for in it. */
  readonly homeDirectory?: string | false | undefined;
}

/**
 * The credentials that docker, podman and this project's own variables provide, as the tools themselves would look them
 * up. The first of these that has one for the registry wins:
 *
 * 1. `BLOB_USERNAME` with `BLOB_PASSWORD`, `BLOB_TOKEN`, for the registries in `hosts`
 * 2. the file that `REGISTRY_AUTH_FILE` names
 * 3. `DOCKER_AUTH_CONFIG`, which has the text of such a file
 * 4. `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`
 * 5. `$XDG_RUNTIME_DIR/containers/auth.json`
 * 6. `${XDG_CONFIG_HOME:-~/.config}/containers/auth.json`
 *
 * Without a home directory (no `HOME`, and a user that passwd does not have) the files in it are left out, and a
 * look-up that finds nothing says so to `onWarning`. Nothing is read before the first look-up. A look-up throws
 * `InvalidCredentialsFile`, `UnreadableCredentialsFile` and `InvalidCredential`.
 *
 * @example
 * ```ts
 * const credentials = defaultCredentials({ hosts: ["ghcr.io"], onWarning: (message) => console.warn(message) });
 * const found = await describeCredential(credentials, { host: "ghcr.io", repository: "acme/site" });
 * console.log(found?.source ?? "anonymous"); // for instance /home/ada/.docker/config.json
 * ```
 */
export function defaultCredentials(options: DefaultCredentialsOptions = {}): CredentialSource {
  const { env = process.env } = options;
  const files = credentialFiles(options).map((one) => {
    if (one.kind === "variable") return variableCredentials(one.text, one.name);
    const { kind, file } = one;
    return kind === "docker"
      ? dockerConfigCredentials({ ...options, env, file })
      : containersAuthCredentials({ ...options, env, file });
  });
  return firstOf(fromEnvironment(options, env), ...files, withoutHome(options));
}

function fromEnvironment(
  { hosts, onWarning }: DefaultCredentialsOptions,
  env: Environment,
): CredentialSource {
  if (hosts !== undefined) return environmentCredentials(env, { hosts });
  let isTold = false;
  return () => {
    const variable = isTold ? undefined : credentialVariable(env);
    if (variable !== undefined) {
      isTold = true;
      onWarning?.(`${variable} is not used: nobody said which registries (\`hosts\`) it is for`);
    }
    return Promise.resolve(undefined);
  };
}

/** Finds nothing, and says that there might have been something. */
function withoutHome({ homeDirectory, onWarning }: DefaultCredentialsOptions): CredentialSource {
  return () => {
    if (homeOf(homeDirectory) === undefined) {
      onWarning?.(
        "there is no home directory, so the credentials of docker and podman were not looked for there: set HOME, or BLOB_TOKEN",
      );
    }
    return Promise.resolve(undefined);
  };
}

type CredentialFile =
  | { readonly kind: "docker" | "containers"; readonly file: string }
  | { readonly kind: "variable"; readonly name: string; readonly text: string };

function credentialFiles({ env = process.env, homeDirectory }: DefaultCredentialsOptions): CredentialFile[] {
  const files: CredentialFile[] = [];
  const registryAuthFile = setting(env, "REGISTRY_AUTH_FILE");
  if (registryAuthFile !== undefined) files.push({ kind: "containers", file: registryAuthFile });
  const text = setting(env, "DOCKER_AUTH_CONFIG");
  if (text !== undefined) files.push({ kind: "variable", name: "DOCKER_AUTH_CONFIG", text });
  const dockerFile = findDockerConfigFile({ env, homeDirectory });
  if (dockerFile !== undefined) files.push({ kind: "docker", file: dockerFile });
  const config = setting(env, "XDG_CONFIG_HOME") ?? below(homeOf(homeDirectory), ".config");
  for (const folder of [setting(env, "XDG_RUNTIME_DIR"), config]) {
    const file = below(folder, "containers", "auth.json");
    if (file !== undefined) files.push({ kind: "containers", file });
  }
  return files;
}

/**
 * Where docker keeps its credentials: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`. Throws
 * `UnreadableCredentialsFile` when there is no home directory either.
 */
export function dockerConfigFile(
  options: Pick<DefaultCredentialsOptions, "env" | "homeDirectory"> = {},
): string {
  const file = findDockerConfigFile(options);
  if (file !== undefined) return file;
  const message =
    "docker's credentials are in the home directory, and there is none: set HOME or DOCKER_CONFIG";
  throw new AuthError("UnreadableCredentialsFile", message);
}

function findDockerConfigFile({
  env = process.env,
  homeDirectory,
}: Pick<DefaultCredentialsOptions, "env" | "homeDirectory">): string | undefined {
  return below(setting(env, "DOCKER_CONFIG") ?? below(homeOf(homeDirectory), ".docker"), "config.json");
}

function below(folder: string | undefined, ...names: readonly string[]): string | undefined {
  return folder === undefined ? undefined : path.join(folder, ...names);
}

/** Asking the operating system throws where it does not know the user. */
function homeOf(given: string | false | undefined): string | undefined {
  if (given !== undefined) return given === false ? undefined : given;
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/** Shells set variables to nothing rather than unset them. */
function setting(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === "" ? undefined : value;
}
