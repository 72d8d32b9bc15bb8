import type { BlockCache } from "@blob/cache";
import type { Archive, ByteSource, Entry, ReadOptions } from "@blob/format";
import type { FormatError } from "@blob/format";
import { isFormatError } from "@blob/format";
import type { ArchiveManifest } from "../manifest/archive-manifest.js";

/** The data of an archive through the block cache, and what to do when that gave wrong bytes. */
export interface KeptBlocks {
  readonly source: ByteSource;
  /**
   * The same archive. Blocks are kept before anything can verify them: when a file turns out to be wrong, its blocks are
   * forgotten and it is read once more. A stream, of which bytes were handed out, is right the next time.
   */
  archive<T extends Archive>(inner: T): T;
}

/** How an archive says that its data is not what its index promises. */
const wrongData: readonly string[] = ["HashMismatch", "Decompression", "SourceMismatch"];

/** Whether an error was found in the data itself. What asks for too much memory may be a lie of other bytes, too. */
function isAboutData({ code, cause }: FormatError): boolean {
  return wrongData.includes(code) || (code === "SizeExceeded" && cause !== undefined);
}

/** Everything that decides which bytes a range of an archive's data has, as long as nothing verifies ranges. */
export interface BlocksOf {
  readonly trustDomain: string;
  readonly repository: string;
  readonly manifest: Pick<ArchiveManifest, "descriptor" | "index" | "data">;
}

/**
 * Keeps blocks under everything that they depend on. The digest of the data is only what a manifest claims, and no digest
 * verifies a range. So the key has the manifest's own digest, which its bytes were verified against: whoever claims the
 * data of another archive spoils only what is read by way of that claim. The same manifest may be in many places, one of
 * which answers with wrong bytes: so it has the repository, and the registry with the way it is reached. What is left is
 * who answered at that very place, and it may spoil what is read from there; files are verified whole, and see `archive`.
 *
 * Blocks that are verified before they are kept need nothing but their digests: that is a choice of the id, made here.
 */
export function keepBlocks(
  blocks: BlockCache,
  { trustDomain, repository, manifest: { descriptor, index, data } }: BlocksOf,
  inner: ByteSource,
): KeptBlocks {
  const id = `${trustDomain}/${repository}@${descriptor.digest} ${index.digest} ${data.digest} ${data.size}`;
  const kept = blocks.wrap({ id, size: inner.size, read: (range, options) => inner.read(range, options) });

  async function areForgotten(entry: Entry | undefined, error: unknown): Promise<boolean> {
    if (entry === undefined || !isFormatError(error) || !isAboutData(error)) return false;
    return blocks.forget(id, { offset: entry.dataOffset, length: entry.storedSize });
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

      async function readFile(path: string, options?: ReadOptions): Promise<Uint8Array>;
      async function readFile(path: string, encoding: "utf8", options?: ReadOptions): Promise<string>;
      async function readFile(
        path: string,
        encoding: ReadOptions | "utf8" = {},
        options: ReadOptions = {},
      ): Promise<Uint8Array | string> {
        if (encoding !== "utf8") return readBytes(path, encoding);
        return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await readBytes(path, options));
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
        readFile,
        // What is wrong with the path is thrown by the call.
        stream: (path: string, options?: ReadOptions) => checked(archive.stream(path, options), path),
      };
    },
  };
}
