import type { Caches } from "@blob/cache";
import { createCaches } from "@blob/cache";

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

/** Caches that are all off. */
export const noCaches: Caches = createCaches({
  enabled: { refs: false, manifests: false, indexes: false, content: false, blocks: false },
});

/** A view of caches that finds nothing in them, but keeps what is put. */
export function withoutReading(caches: Caches): Caches {
  return {
    ...withoutRefs(caches),
    records: { ...caches.records, get: nothing },
    manifests: { ...caches.manifests, get: nothing },
    indexes: { ...caches.indexes, get: nothing },
    content: {
      ...caches.content,
      get: nothing,
      getPart: nothing,
      open: nothing,
      writeTo: () => Promise.resolve(false),
    },
    blocks: { ...caches.blocks, wrap: (source) => source },
    chunks: caches.chunks && { ...caches.chunks, get: nothing },
  };
}

/** A view of caches that does not find where tags point, but keeps what is put. */
export function withoutRefs(caches: Caches): Caches {
  return { ...caches, refs: { ...caches.refs, get: nothing } };
}
