import type { ContentCache } from "@blob/cache";
import type { Archive, ReadLimits, ReadOptions } from "@blob/format";
import { readFileBy } from "../read-file.js";

/** The default of `limits.maxFileBytes` in `@blob/format`: larger contents are not taken from the cache, either. */
const defaultMaxFileBytes = 256 * 1024 * 1024;

/**
 * The archive, with a `readFile` that takes contents from the cache if they are there, and puts there what it has read
 * and verified.
 */
export function withContentCache<T extends Archive>(
  archive: T,
  content: ContentCache,
  { maxFileBytes = defaultMaxFileBytes }: ReadLimits,
): T {
  async function readBytes(path: string, options: ReadOptions): Promise<Uint8Array> {
    const entry = archive.entry(path);
    const isCacheable =
      entry !== undefined && options.range === undefined && entry.size > 0 && entry.size <= maxFileBytes;
    if (!isCacheable) return archive.readFile(path, options);
    const { signal } = options;
    const known = await content.get(entry.hash, { maxBytes: entry.size, signal });
    if (known !== undefined && known.length === entry.size) return known;
    const bytes = await archive.readFile(path, options);
    await content.put(entry.hash, [bytes], { signal });
    return bytes;
  }

  return { ...archive, readFile: readFileBy(readBytes) };
}
