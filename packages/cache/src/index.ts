export type { CacheEntry, CacheReader, CacheStore, StoreOptions } from "./cache-store.js";
