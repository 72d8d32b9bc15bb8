import { cacheNames, defaultCacheBytes, divideCacheBytes } from "@blob/cache";
import type { ClientOptions } from "@blob/client";
import type { Run } from "../settings/run.js";

/** The caches of this run, as configuration and `--skip-cache` say. One that does not work is told about with `-v`. */
export function cacheOptionsOf({
  flags,
  settings,
  config,
  output,
}: Pick<Run, "flags" | "settings" | "config" | "output">): Pick<ClientOptions, "cache"> {
  const { cache = {} } = config.config;
  if (flags.skipCache || cache.enabled === false) return {};
  const directory = settings.cacheDirectory.value;
  if (directory === undefined) {
    output.detail("there is no home directory, and no BLOB_CACHE_DIR: nothing is cached");
    return {};
  }
  return {
    cache: {
      directory,
      enabled: Object.fromEntries(cacheNames.map((name) => [name, cache[name]?.enabled ?? true])),
      maxBytes: cache.max_size === undefined ? defaultCacheBytes : divideCacheBytes(cache.max_size),
      refTtlMs: cache.ref_ttl,
      onWarning: (name, error) =>
        output.detail(`cache ${name}: ${error instanceof Error ? error.message : String(error)}`),
    },
  };
}
