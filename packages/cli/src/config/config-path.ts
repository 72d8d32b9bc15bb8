import path from "node:path";
import type { Io } from "../io.js";
import { NoHomeError } from "../errors/no-home-error.js";
import type { LoadedConfig } from "./config.js";

export interface ConfigPath {
  /** Undefined when nobody named one and there is no home directory. */
  readonly file: string | undefined;
  /** Somebody named the file: then it has to exist. */
  readonly named: boolean;
}

/** The configuration file: the flag's, else that of `BLOB_CONFIG`, else `$XDG_CONFIG_HOME/blob/config.yaml`. */
export function configPath(
  { env, homeDirectory }: Pick<Io, "env" | "homeDirectory">,
  flag?: string,
): ConfigPath {
  const named = flag ?? setting(env["BLOB_CONFIG"]);
  if (named !== undefined) return { file: named, named: true };
  const folder = setting(env["XDG_CONFIG_HOME"]) ?? below(homeDirectory, ".config");
  return { file: below(folder, "blob", "config.yaml"), named: false };
}

/** The file to show or change. @throws NoHomeError */
export function requireConfigFile({ file }: Pick<LoadedConfig, "file">): string {
  if (file === undefined)
    throw new NoHomeError("the configuration file", "name one with BLOB_CONFIG or --config");
  return file;
}

function below(folder: string | undefined, ...names: readonly string[]): string | undefined {
  return folder === undefined ? undefined : path.join(folder, ...names);
}

/** Shells set variables to nothing rather than unset them. */
function setting(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
