import type { CacheStore } from "./cache-store.js";

/**
 * The bytes of an entry in one piece, or undefined when there is none. Of an entry that is larger than `maxBytes`, or
 * than it said, nothing is left: it cannot be what was put, and the check that follows has to see that.
 */
export async function readEntry(
  store: CacheStore,
  key: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const reader = await store.open(key, { signal });
  if (reader === undefined) return undefined;
  try {
    if (reader.size > maxBytes) return new Uint8Array(0);
    const bytes = new Uint8Array(reader.size);
    let length = 0;
    for await (const chunk of reader.read()) {
      signal?.throwIfAborted();
      if (length + chunk.length > bytes.length) return new Uint8Array(0);
      bytes.set(chunk, length);
      length += chunk.length;
    }
    return bytes.subarray(0, length);
  } finally {
    await reader.close();
  }
}
