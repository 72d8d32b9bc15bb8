import type { CacheStore, StoreOptions } from "./cache-store.js";

/**
 * Deletes what was not used for longest until the stores together hold no more than `maxBytes` of bodies. Gives what was
 * deleted.
 */
export async function prune(
  stores: readonly CacheStore[],
  maxBytes: number,
  options: StoreOptions = {},
): Promise<{ readonly bytes: number; readonly files: number }> {
  const all = [];
  let total = 0;
  for (const store of stores) {
    for await (const entry of store.entries(options)) {
      all.push({ store, entry });
      total += entry.size;
    }
  }
  all.sort((a, b) => a.entry.usedAt - b.entry.usedAt);
  let [bytes, files] = [0, 0];
  for (const { store, entry } of all) {
    if (total - bytes <= maxBytes) break;
    if (!(await store.delete(entry.key, options))) continue;
    bytes += entry.size;
    files += 1;
  }
  return { bytes, files };
}
