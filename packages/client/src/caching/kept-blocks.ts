import type { BlockCache } from "@blob/cache";
import type { Archive, ByteSource, Entry, ReadOptions } from "@blob/format";
import { readFileBy } from "../read-file.js";
import { isAboutData } from "./wrong-data.js";
import type { ArchiveManifest } from "../manifest/archive-manifest.js";

/** The data of an archive read through the block cache, and the recovery from wrong blocks. */
export interface KeptBlocks {
  readonly source: ByteSource;
  /**
   * The archive, with recovery: blocks are cached unverified, so when a file turns out to be wrong its blocks are
   * dropped and it is read once more. A stream that has handed out bytes fails, and is right the next time.
   */
  archive<T extends Archive>(inner: T): T;
}

/** Everything that decides which bytes a range of an archive's data has, given that ranges are not verified. */
export interface BlocksOf {
  readonly trustDomain: string;
  readonly repository: string;
  readonly manifest: Pick<ArchiveManifest, "descriptor" | "index" | "data">;
}

/**
 * Caches blocks of an archive's data under a key with all that decides about their bytes. A range cannot be verified
 * against the data's digest, and that digest is only what a manifest claims. Therefore the key has:
 *
 * - the manifest's digest, against which the manifest was verified: a manifest that falsely claims the data of another
 *   archive spoils only reads by way of itself;
 * - the repository, and the registry with the way it is reached: the same manifest may be in many places, one of which
 *   answers with wrong bytes.
 *
 * What remains is that this very place answers wrongly. Files are verified whole, and `archive` recovers.
 *
 * Chunks of large files are verified before they are kept, so that their hashes do as keys, and pass by here: see
 * `cachedContents`.
 */
export function keepBlocks(
  blocks: BlockCache,
  { trustDomain, repository, manifest: { descriptor, index, data } }: BlocksOf,
  inner: ByteSource,
  /** Told that bytes of the data were wrong; true when reading them again may give others. */
  distrust: () => boolean = () => false,
): KeptBlocks {
  const id = `${trustDomain}/${repository}@${descriptor.digest} ${index.digest} ${data.digest} ${data.size}`;
  const kept = blocks.wrap({ id, size: inner.size, read: (range, options) => inner.read(range, options) });

  async function areForgotten(entry: Entry | undefined, error: unknown): Promise<boolean> {
    if (entry === undefined || !isAboutData(error)) return false;
    const were = await blocks.forget(id, { offset: entry.dataOffset, length: entry.storedSize });
    // Both: what a cache kept may have come from a mirror.
    return distrust() || were;
  }

  return {
    source: { id: inner.id, size: inner.size, read: (range, options) => kept.read(range, options) },
    archive(archive) {
      async function readBytes(path: string, options: ReadOptions): Promise<Uint8Array> {
        try {
          return await archive.readFile(path, options);
        } catch (error) {
          options.signal?.throwIfAborted();
          if (!(await areForgotten(archive.entry(path), error))) throw error;
          return archive.readFile(path, options);
        }
      }

      async function* checked(
        chunks: AsyncIterable<Uint8Array>,
        path: string,
      ): AsyncGenerator<Uint8Array, void, undefined> {
        try {
          yield* chunks;
        } catch (error) {
          await areForgotten(archive.entry(path), error);
          throw error;
        }
      }

      return {
        ...archive,
        readFile: readFileBy(readBytes),
        // Errors about the path are thrown by the call, not by the iterable.
        stream: (path: string, options?: ReadOptions) => checked(archive.stream(path, options), path),
      };
    },
  };
}
