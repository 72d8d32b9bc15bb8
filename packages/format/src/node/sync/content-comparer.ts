import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";

import type { Entry, FileChunks } from "../../entry.js";
import { isFormatError } from "../../errors.js";
import { createChunkStage } from "../chunks/chunk-stage.js";
import type { ChunkStage } from "../chunks/chunk-stage.js";
import { openFoundFile, openFoundHandle } from "../create/read-large-file.js";
import type { FilePlace } from "../walk/found-files.js";
import { maxSmallFileBytes, openError, readSmallFile } from "../walk/read-small-file.js";
import { SourceDirectories } from "../walk/source-directories.js";
import type { SourceRoot } from "../walk/source-directory.js";
import { countEqualChunks, findChunks, isAllInPlace } from "./find-chunks.js";
import type { OpenFile } from "./hash-parts.js";

/** Compares files that were found below a directory with what an index says of them. */
export interface ContentComparer {
  /** By the file's hash: of a file that has the right size. */
  hasContent(place: FilePlace, entry: Entry): Promise<boolean>;
  /** The same by the hashes of its chunks, up to the first one that differs. */
  hasChunks(place: FilePlace, entry: Entry, chunks: FileChunks): Promise<boolean>;
  /** Where the file has chunks. Nowhere when it is known to differ, and cannot be read. */
  findChunks(place: FilePlace, entry: Entry, chunks: FileChunks, differs: boolean): Promise<FoundChunks>;
  /** Throws when what was compared may not be below the root. */
  check(): void;
  close(): Promise<void>;
}

/** What a file has of one in an archive. */
export interface FoundChunks {
  /** Where the chunks begin in the file, by their numbers. */
  readonly found: ReadonlyMap<number, number>;
  /** Whether it has all of them in their places, and nothing else. */
  readonly isSame: boolean;
}

export interface ContentComparerOptions {
  readonly workers: number | undefined;
  /** How much there may be to hash in chunks. */
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
}

export function createContentComparer(
  root: SourceRoot,
  { workers, bytes, signal }: ContentComparerOptions,
): ContentComparer {
  const scratch = new Uint8Array(maxSmallFileBytes + 1);
  const sources = new SourceDirectories(root);
  let stage: ChunkStage | undefined;

  async function withFile<T>(
    place: FilePlace,
    work: (file: OpenFile, stage: ChunkStage) => Promise<T>,
  ): Promise<T> {
    const { path } = place;
    let handle: FileHandle | undefined;
    try {
      handle = await openFoundHandle(place);
      stage ??= createChunkStage({ workers, bytes });
      return await work({ handle, size: (await handle.stat()).size, path }, stage);
    } catch (cause) {
      signal?.throwIfAborted();
      throw openError(cause, path);
    } finally {
      await handle?.close();
    }
  }

  return {
    async hasContent(place, { path, size, hash }) {
      if (size <= maxSmallFileBytes) {
        const location = sources.locate(place.directory, place.name, path);
        const { length } = readSmallFile(location, path, size, scratch, "none");
        const content = scratch.subarray(0, length);
        return Buffer.compare(createHash("sha256").update(content).digest(), hash) === 0;
      }
      const file = await openFoundFile(place, "none");
      try {
        await file.hashAll(signal);
        return Buffer.compare(file.digest().hash, hash) === 0;
      } finally {
        await file.close();
      }
    },
    hasChunks: (place, { size }, chunks) =>
      withFile(place, async (file, hashing) => {
        if (file.size !== size) return false;
        return (await countEqualChunks(file, chunks, hashing, signal)) === chunks.count;
      }),
    async findChunks(place, { size }, chunks, differs) {
      try {
        return await withFile(place, async (file, hashing) => {
          const found = await findChunks(file, chunks, hashing, signal);
          return { found, isSame: file.size === size && isAllInPlace(found, chunks) };
        });
      } catch (error) {
        signal?.throwIfAborted();
        const isOfFile =
          isFormatError(error) && (error.code === "FileSystem" || error.code === "FileChanged");
        if (!isOfFile || !differs) throw error;
        return { found: new Map(), isSame: false };
      }
    },
    check: () => sources.check(),
    async close() {
      sources.close();
      await stage?.close();
    },
  };
}
