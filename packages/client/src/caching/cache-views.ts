import type { Caches } from "@blob/cache";
import { createCaches } from "@blob/cache";

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

/** Caches that have nothing and keep nothing. */
export const noCaches: Caches = createCaches({
  enabled: { refs: false, manifests: false, indexes: false, content: false, blocks: false },
});

/** The same caches, as if they were empty: what is put is kept. */
export function withoutReading(caches: Caches): Caches {
  return {
    ...withoutRefs(caches),
    records: { ...caches.records, get: nothing },
    manifests: { ...caches.manifests, get: nothing },
    indexes: { ...caches.indexes, get: nothing },
    content: { ...caches.content, get: nothing, open: nothing, writeTo: () => Promise.resolve(false) },
    blocks: { ...caches.blocks, wrap: (source) => source },
  };
}

/** The same caches, which do not know yet where tags point. */
export function withoutRefs(caches: Caches): Caches {
  return { ...caches, refs: { ...caches.refs, get: nothing } };
}
