import type { Caches, CachesOptions } from "@blob/cache";
import { cacheNames, createCaches } from "@blob/cache";

/**
 * What a client caches, and where: a directory; how caches are made, with sizes, times and stores of your own; or caches
 * that were made already, which several clients may share.
 */
export type CacheOption = string | CachesOptions | Caches;

/**
 * Without a directory only manifests are cached: the other caches would take much memory, or delay when a moved tag is
 * noticed.
 */
export function cachesOf(option: CacheOption = {}): Caches {
  if (typeof option === "string") return createCaches({ directory: option });
  if ("statistics" in option) return option;
  if (option.directory !== undefined) return createCaches(option);
  const { enabled, stores } = option;
  const isOn = cacheNames.map((name) => [
    name,
    enabled?.[name] ?? (name === "manifests" || stores?.[name] !== undefined),
  ]);
  return createCaches({ ...option, enabled: Object.fromEntries(isOn) });
}
