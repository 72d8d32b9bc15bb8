import type { OutputFormat } from "./output.js";
import { UsageError } from "./usage-error.js";

/** Flags that every command takes, before or after its name, with the environment behind them. */
export interface GlobalFlags {
  readonly output: OutputFormat;
  readonly quiet: boolean;
  readonly plainHttp: boolean;
  /** With it, the password is read from standard input. */
  readonly username: string | undefined;
}

/** As commander hands them over. */
export interface RawGlobalFlags {
  readonly output?: string;
  readonly quiet?: boolean;
  readonly plainHttp?: boolean;
  readonly username?: string;
  readonly passwordStdin?: boolean;
}

/** A flag wins over the environment, which wins over the default. */
export function parseGlobalFlags(
  raw: RawGlobalFlags,
  env: Readonly<Record<string, string | undefined>>,
): GlobalFlags {
  if ((raw.username === undefined) !== (raw.passwordStdin !== true)) {
    throw new UsageError(
      "--username and --password-stdin go together: the password is read from standard input",
    );
  }
  return {
    output: outputFormat(raw.output ?? env["BLOB_OUTPUT"]),
    quiet: raw.quiet === true,
    plainHttp: raw.plainHttp ?? isTrue(env["BLOB_PLAIN_HTTP"]),
    username: raw.username,
  };
}

function outputFormat(value: string | undefined): OutputFormat {
  if (value === undefined || value === "" || value === "text") return "text";
  if (value === "json") return "json";
  throw new UsageError(`--output ${value}: it is text or json`);
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(?:1|true|yes|on)$/iu.test(value);
}
