import path from "node:path";
import type { Io } from "../io.js";

export interface ConfigPath {
  readonly file: string;
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
  const folder = setting(env["XDG_CONFIG_HOME"]) ?? path.join(homeDirectory, ".config");
  return { file: path.join(folder, "blob", "config.yaml"), named: false };
}

/** Shells set variables to nothing rather than unset them. */
function setting(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
