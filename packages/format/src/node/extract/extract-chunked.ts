import { inOrder } from "@blob/core/concurrency";
import { fstatSync } from "node:fs";

import type { Chunk } from "../../entry.js";
import { isFormatError } from "../../errors.js";
import type { FormatErrorCode } from "../../errors.js";
import { checkHash } from "../../reading/content-reader.js";
import { chunkOf, readStoredChunks } from "../../reading/stored-chunks.js";
import type { CutFile } from "../../reading/stored-chunks.js";
import type { ByteSource } from "../../sources/byte-source.js";
import type { ChunkStage } from "../chunks/chunk-stage.js";
import { createChunkPlacer } from "./chunk-placer.js";
import type { Place } from "./chunk-placer.js";
import type { FileWriter, PartialFile } from "./file-writer.js";
import { findChunksInPlace } from "./found-chunks.js";
import { createHashBehind } from "./hash-behind.js";
import type { HashBehind } from "./hash-behind.js";
import type { FindLocalChunks, LocalChunks } from "./local-chunks.js";

/** What all large files of an extraction have in common. */
export interface ChunkedExtraction {
  readonly data: ByteSource;
  readonly writer: FileWriter;
  readonly stage: ChunkStage;
  /** Memory for the chunks of one file that are worked on, in bytes. */
  readonly maxBytes: number;
  readonly localChunks?: FindLocalChunks | undefined;
  readonly onBytes: (count: number) => void;
}

/** After these, nothing of a file is worth keeping for a later run. */
const finalCodes: readonly FormatErrorCode[] = [
  "HashMismatch",
  "Decompression",
  "SizeExceeded",
  "Unsupported",
  "DestinationConflict",
];

/**
 * Writes a large file by its chunks: those that an earlier run has left in place are kept, those that are elsewhere on this
 * machine are copied, and the others fetched, neighbours by one request. Each is verified before it is written, and the
 * file as a whole before it gets its name. False when it is left alone because something has its name.
 *
 * What was written stays for the next run after an abort and after errors that are not about the content.
 */
export async function extractChunked(
  options: ChunkedExtraction,
  file: CutFile,
  target: string,
  signal: AbortSignal,
): Promise<boolean> {
  const local = options.localChunks?.(file.entry);
  let partial: PartialFile | undefined;
  let hasVerified = false;
  let isWorthKeeping = false;
  try {
    try {
      partial = options.writer.createPartial(target, file.entry, local?.base);
      // As long as nobody has looked at it, what an earlier run has left is worth what it was.
      hasVerified = partial.found > 0 && !partial.isClone;
      await writeAndHash(options, file, partial, local, signal, (count) => (hasVerified = count > 0));
    } finally {
      // Before the commit: Windows does not replace a file that is open.
      local?.close();
    }
    return partial.commit();
  } catch (error) {
    const isFinal = isFormatError(error) && finalCodes.includes(error.code);
    isWorthKeeping = hasVerified && (signal.aborted || !isFinal);
    throw error;
  } finally {
    partial?.dispose(isWorthKeeping);
  }
}

/** Verifies the file as a whole, too. */
async function writeAndHash(
  options: ChunkedExtraction,
  file: CutFile,
  partial: PartialFile,
  local: LocalChunks | undefined,
  signal: AbortSignal,
  onVerified: (count: number) => void,
): Promise<void> {
  const hash = createHashBehind(options.stage.hashWhole(partial.file));
  try {
    await writeChunks(options, file, partial, local, hash, signal, onVerified);
    checkHash(await hash.digest(), file.entry);
  } finally {
    // The handle must not be closed, and given to another file, while it is read.
    await hash.settled();
  }
}

async function writeChunks(
  options: ChunkedExtraction,
  file: CutFile,
  { file: target, found, isClone, earlier }: PartialFile,
  local: LocalChunks | undefined,
  hash: HashBehind,
  signal: AbortSignal,
  onVerified: (count: number) => void,
): Promise<void> {
  const { data, stage, onBytes } = options;
  const { chunks } = file;
  const width = widthOf(options, file);
  const inPlace = new Set<number>();
  const inEarlier = new Set<number>();
  await findChunksInPlace(
    stage,
    width,
    file,
    {
      file: target,
      // What a clone has is known from where it comes, and verified when it is its turn.
      size: isClone ? 0 : found,
      async onFound(chunk, isWithoutGap) {
        inPlace.add(chunk.index);
        onBytes(chunk.size);
        if (isWithoutGap) await hash.next(chunk.size);
      },
    },
    signal,
  );
  onVerified(inPlace.size);
  if (earlier !== undefined) {
    const { size } = fstatSync(earlier.handle);
    const onFound = async ({ index }: Chunk): Promise<void> => void inEarlier.add(index);
    await findChunksInPlace(stage, width, file, { file: earlier, size, onFound }, signal);
  }

  function placeOf(chunk: Chunk): Place | undefined {
    if (inPlace.has(chunk.index)) return { file: target, offset: chunk.offset };
    if (earlier !== undefined && inEarlier.has(chunk.index)) return { file: earlier, offset: chunk.offset };
    const place = local?.find(chunk);
    const isCloned = isClone && place?.file === local?.base && place?.offset === chunk.offset;
    return isCloned ? { file: target, offset: chunk.offset } : place;
  }

  const placer = createChunkPlacer({ data, stage, file, target, found, signal });

  async function* tasks(): AsyncGenerator<() => Promise<Chunk>, void, undefined> {
    for (let at = hash.chunks; at < chunks.count;) {
      signal.throwIfAborted();
      const chunk = chunkOf(file, at);
      const place = placeOf(chunk);
      if (place !== undefined) {
        yield async () => {
          await placer.take(chunk, place);
          return chunk;
        };
        at++;
        continue;
      }
      let last = at;
      while (last + 1 < chunks.count && placeOf(chunkOf(file, last + 1)) === undefined) last++;
      const run = { first: at, last };
      for await (const stored of readStoredChunks(data, file, run, signal, stage.memory)) {
        yield async () => {
          await placer.write(stored);
          return stored.chunk;
        };
      }
      at = last + 1;
    }
  }

  for await (const chunk of inOrder(tasks(), width)) {
    signal.throwIfAborted();
    onVerified(chunk.index + 1);
    if (!inPlace.has(chunk.index)) onBytes(chunk.size);
    await hash.next(chunk.size);
  }
}

/** So many chunks at a time, each as it is stored and as it is. */
function widthOf({ stage, maxBytes }: ChunkedExtraction, { chunks }: CutFile): number {
  let largest = 1;
  for (const { size, storedSize } of chunks) largest = Math.max(largest, size, storedSize);
  return Math.max(1, Math.min(stage.width, Math.floor(maxBytes / largest)));
}
