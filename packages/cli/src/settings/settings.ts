import path from "node:path";
import process from "node:process";
import { cacheHome } from "./cache-home.js";
import { booleanVariable } from "./flag-defaults.js";
import type { LoadedConfig } from "../config/config.js";
import type { Io } from "../io.js";
import { NoHomeError } from "../errors/no-home-error.js";
import type { OutputFormat } from "../output/output.js";
import { UsageError } from "../errors/usage-error.js";

/** A value and who decided on it. */
export interface Setting<T> {
  readonly value: T;
  /** `--output`, `BLOB_OUTPUT`, the configuration file's path, or `default`. */
  readonly source: string;
}

/** What flags, environment and configuration file decide together: the first that says something wins. */
export interface Settings {
  readonly output: Setting<OutputFormat>;
  readonly compression: Setting<"none" | "zstd">;
  readonly chunking: Setting<"fixed" | "content" | "none">;
  readonly plainHttp: Setting<boolean>;
  /** Without a value when nobody named one and there is no home directory: then nothing is cached. */
  readonly cacheDirectory: Setting<string | undefined>;
}

interface SettingFlags {
  readonly output?: string | undefined;
  readonly plainHttp?: boolean | undefined;
}

export function resolveSettings(
  flags: SettingFlags,
  { env, homeDirectory }: Pick<Io, "env" | "homeDirectory">,
  { file, config }: LoadedConfig,
  platform: NodeJS.Platform = process.platform,
): Settings {
  const variable = <T>(name: string, parse: (text: string) => T): Setting<T> | undefined => {
    const text = env[name];
    // Shells set variables to nothing rather than unset them.
    return text === undefined || text === "" ? undefined : { value: parse(text), source: name };
  };
  const from = <T>(source: string | undefined, value: T | undefined): Setting<T> | undefined =>
    value === undefined || source === undefined ? undefined : { value, source };
  const caches = cacheHome({ env, homeDirectory }, platform);
  return {
    output: from(
      "--output",
      flags.output === undefined ? undefined : outputFormat(flags.output, "--output"),
    ) ??
      variable("BLOB_OUTPUT", (text) => outputFormat(text, "BLOB_OUTPUT=")) ??
      from(file, config.output) ?? { value: "text", source: "default" },
    compression: variable("BLOB_COMPRESSION", compressionOf) ??
      from(file, config.compression) ?? { value: "zstd", source: "default" },
    chunking: from(file, config.chunking) ?? { value: "fixed", source: "default" },
    plainHttp: from("--plain-http", flags.plainHttp) ??
      from("BLOB_PLAIN_HTTP", booleanVariable(env, "BLOB_PLAIN_HTTP")) ??
      from(file, config.plain_http) ?? { value: false, source: "default" },
    cacheDirectory: variable("BLOB_CACHE_DIR", (text) => text) ??
      from(file, config.cache?.dir) ?? {
        value: caches === undefined ? undefined : path.join(caches.directory, "blob"),
        source: "default",
      },
  };
}

/** What somebody said. Undefined: nobody did, and it is for each registry to turn out. */
export function saidPlainHttp({ plainHttp: { value, source } }: Settings): boolean | undefined {
  return source === "default" ? undefined : value;
}

/** Where caches are. @throws NoHomeError */
export function requireCacheDirectory({ cacheDirectory: { value } }: Settings): string {
  if (value === undefined) throw new NoHomeError("the cache", "say with BLOB_CACHE_DIR where it is to be");
  return value;
}

function outputFormat(value: string, where: string): OutputFormat {
  if (value === "text" || value === "json") return value;
  throw new UsageError(`${where}${where.endsWith("=") ? "" : " "}${value}: it is text or json`);
}

function compressionOf(value: string): "none" | "zstd" {
  if (value === "none" || value === "zstd") return value;
  throw new UsageError(`BLOB_COMPRESSION=${value}: it is none or zstd`);
}
