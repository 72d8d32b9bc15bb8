import { inOrder } from "@blob/core/concurrency";

import type { Chunk } from "../../entry.js";
import type { CutFile } from "../../reading/stored-chunks.js";
import type { OpenFile } from "../chunks/open-file.js";
import type { ChunkStage } from "../chunks/chunk-stage.js";
import { promisedChunk } from "../chunks/promised-chunk.js";

/** Which of the first bytes of a file are already what they are to be. */
export interface FoundChunks {
  readonly file: OpenFile;
  /** So many bytes of it may be something. */
  readonly size: number;
  /** Told of each chunk that is there, in order, and whether none was missing before it. */
  readonly onFound: (chunk: Chunk, isWithoutGap: boolean) => Promise<void>;
}

/** Looks by hash, by all threads, for the chunks of a file that are in their places. */
export async function findChunksInPlace(
  stage: ChunkStage,
  width: number,
  { entry, chunks }: CutFile,
  { file, size, onFound }: FoundChunks,
  signal: AbortSignal,
): Promise<void> {
  let isWithoutGap = true;
  function* looks(): Generator<() => Promise<() => Promise<void>>, void, undefined> {
    for (const chunk of chunks) {
      if (chunk.offset + chunk.size > size) return;
      signal.throwIfAborted();
      yield async () => {
        const found = await stage.hash({ file, offset: chunk.offset, size: chunk.size });
        const isThere = found.hash === promisedChunk(entry.path, chunk).hash;
        return async () => {
          if (!isThere) isWithoutGap = false;
          else await onFound(chunk, isWithoutGap);
        };
      };
    }
  }
  for await (const tell of inOrder(looks(), width)) await tell();
}
