export type { CacheEntry, CacheReader, CacheStore, StoreOptions } from "./cache-store.js";
export { createManifestCache } from "./manifest-cache.js";
export type { ManifestCache } from "./manifest-cache.js";
export { createMemoryStore } from "./memory-store.js";
export type { MemoryStoreOptions } from "./memory-store.js";
