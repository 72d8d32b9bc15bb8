import { untilAborted } from "@blob/core/abort";
import { nextTurn } from "@blob/core/concurrency";
import type { BackgroundWrites } from "./background-writes.js";
import type { DigestCache } from "./digest-cache.js";

/**
 * A cache of which nobody waits for a put, as long as not too much is on its way. A get of what is being written waits until
 * it is there.
 */
export function writtenLater(cache: DigestCache, writes: BackgroundWrites): DigestCache {
  const onTheirWay = new Map<string, Promise<unknown>>();
  return {
    async get(digest, options = {}) {
      options.signal?.throwIfAborted();
      const writing = onTheirWay.get(digest);
      if (writing !== undefined) await untilAborted(writing, options.signal);
      return cache.get(digest, options);
    },
    async put(digest, bytes, options = {}) {
      options.signal?.throwIfAborted();
      if (onTheirWay.has(digest)) return;
      // Without the signal: that of the call that fetched the bytes; they are good when it is given up, too.
      const writing = writes.start(bytes.length, async () => {
        await nextTurn();
        await cache.put(digest, bytes).finally(() => onTheirWay.delete(digest));
      });
      if (writing === undefined) await cache.put(digest, bytes, options);
      else onTheirWay.set(digest, writing);
    },
  };
}
