export { createBlockCache } from "./block-cache.js";
export type { BlockCache } from "./block-cache.js";
export type { BlockSource } from "./block-source.js";
export { openCacheDirectory } from "./cache-directory.js";
export type { CacheDirectory, CacheUsage, VerifiedCache } from "./cache-directory.js";
export type { CacheObserver, CacheOptions } from "./cache-observer.js";
export type { CacheEntry, CacheReader, CacheStore, StoreOptions } from "./cache-store.js";
export { cacheNames, createCaches, defaultCacheBytes, divideCacheBytes } from "./caches.js";
export type { CacheName, Caches, CachesOptions, CacheStatistics } from "./caches.js";
export { createChunkCache } from "./chunk-cache.js";
export type { ChunkCache, ChunkGetOptions } from "./chunk-cache.js";
export { createContentCache } from "./content-cache.js";
export type {
  CachedContent,
  ContentCache,
  ContentCacheOptions,
  ContentGetOptions,
  ContentPart,
  WriteToOptions,
} from "./content-cache.js";
export { createIndexCache, createManifestCache } from "./digest-cache.js";
export type { DigestCache, ManifestCache } from "./digest-cache.js";
export { createDiskStore } from "./disk-store.js";
export type { DiskStore, DiskStoreOptions } from "./disk-store.js";
export { CacheError, cacheErrorCodes, isCacheError } from "./errors.js";
export type { CacheErrorCode, CacheErrorDetails } from "./errors.js";
export type { MaterializeHow } from "./materialize.js";
export { createMemoryStore } from "./memory-store.js";
export type { MemoryStoreOptions } from "./memory-store.js";
export { prune } from "./prune.js";
export { createRecordCache } from "./record-cache.js";
export type { CachedRecord, RecordCache, RecordCacheOptions } from "./record-cache.js";
export { createRefCache } from "./ref-cache.js";
export type { CachedRef, RefCache } from "./ref-cache.js";
