import { UsageError } from "../errors/usage-error.js";

export const progressModes = ["auto", "bar", "plain", "json", "none"] as const;
export type ProgressMode = (typeof progressModes)[number];

/** Flags that every command takes, before or after its name. `Settings` has those that may come from elsewhere, too. */
export interface GlobalFlags {
  readonly config: string | undefined;
  readonly output: string | undefined;
  readonly plainHttp: boolean | undefined;
  readonly quiet: boolean;
  /** How many `-v`: 1 tells where settings came from, 2 shows HTTP requests. */
  readonly verbosity: number;
  /** False: no colours, whatever the terminal can. */
  readonly color: boolean;
  readonly progress: ProgressMode;
  /** Read from the registry, and keep nothing either. */
  readonly skipCache: boolean;
  /** PEM file with authorities to trust besides Node's. */
  readonly caFile: string | undefined;
  readonly insecure: boolean;
  readonly username: string | undefined;
  readonly passwordStdin: boolean;
}

/** As commander hands them over. */
export interface RawGlobalFlags {
  readonly config?: string;
  readonly output?: string;
  readonly plainHttp?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: number;
  readonly debug?: boolean;
  readonly color?: boolean;
  readonly progress: ProgressMode;
  readonly skipCache?: boolean;
  readonly caFile?: string;
  readonly insecure?: boolean;
  readonly username?: string;
  readonly passwordStdin?: boolean;
}

/** What environment and configuration say where no flag does. */
export interface FlagDefaults {
  readonly quiet?: boolean | undefined;
  readonly verbosity?: number | undefined;
  readonly color?: boolean | undefined;
}

export function parseGlobalFlags(raw: RawGlobalFlags, defaults: FlagDefaults = {}): GlobalFlags {
  if (raw.passwordStdin === true && raw.username === undefined) {
    throw new UsageError("--password-stdin needs --username");
  }
  return {
    config: raw.config,
    output: raw.output,
    plainHttp: raw.plainHttp,
    quiet: raw.quiet ?? defaults.quiet ?? false,
    verbosity: Math.max(raw.verbose ?? defaults.verbosity ?? 0, raw.debug === true ? 2 : 0),
    color: raw.color ?? defaults.color ?? true,
    progress: raw.progress,
    skipCache: raw.skipCache === true,
    caFile: raw.caFile,
    insecure: raw.insecure === true,
    username: raw.username,
    passwordStdin: raw.passwordStdin === true,
  };
}
