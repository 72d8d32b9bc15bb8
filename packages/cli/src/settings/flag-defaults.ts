import type { Config } from "../config/config.js";
import { UsageError } from "../errors/usage-error.js";
import type { Io } from "../io.js";
import type { FlagDefaults } from "./global-flags.js";

/** `BLOB_QUIET`, `BLOB_VERBOSE` and `BLOB_NO_COLOR`, and the configuration's settings of these names. @throws UsageError */
export function flagDefaults({ env }: Pick<Io, "env">, config: Config): FlagDefaults {
  const noColor = booleanVariable(env, "BLOB_NO_COLOR") ?? config.no_color;
  return {
    quiet: booleanVariable(env, "BLOB_QUIET") ?? config.quiet,
    verbosity: countVariable(env, "BLOB_VERBOSE") ?? config.verbose,
    color: noColor === undefined ? undefined : !noColor,
  };
}

/** Shells set variables to nothing rather than unset them. */
export function booleanVariable(env: Io["env"], name: string): boolean | undefined {
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  return /^(?:1|t|true|yes|on)$/iu.test(text);
}

function countVariable(env: Io["env"], name: string): number | undefined {
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,3}$/u.test(text)) return Number(text);
  if (/^(?:true|yes|on)$/iu.test(text)) return 1;
  if (/^(?:false|no|off)$/iu.test(text)) return 0;
  throw new UsageError(`${name}=${text}: it is how many -v, as in 1 or 2`);
}
