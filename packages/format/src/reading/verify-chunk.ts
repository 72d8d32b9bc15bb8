import type { Chunk, Entry } from "../entry.js";
import type { Sha256 } from "../sha256.js";
import type { ZstdDecoder } from "../zstd/codec.js";
import { decompressInTurns } from "../zstd/in-turns.js";
import { createTurns, turnBytes } from "../zstd/turns.js";
import { chunkError, chunkMismatch } from "./chunk-error.js";
import type { ContentThreads } from "./content-threads.js";
import type { ResolvedLimits } from "./read-limits.js";
import type { StoredChunk } from "./stored-chunks.js";

/** What chunks are decoded and verified with. */
export interface ChunkCodecs {
  readonly zstd: ZstdDecoder;
  readonly sha256: Sha256;
  readonly limits: Pick<ResolvedLimits, "maxDecoderBytes">;
  readonly threads?: ContentThreads | undefined;
}

/**
 * The content of a chunk of a file, after its size and hash were checked: on a thread where there are some and several
 * reads, else here, a few milliseconds at a time. The stored bytes cannot be used afterwards: they may be a part of what
 * is returned, or be given to a thread.
 */
export async function verifyChunk(
  codecs: ChunkCodecs,
  entry: Entry,
  { chunk, stored }: StoredChunk,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { threads } = codecs;
  if (threads === undefined) return verifyHere(codecs, entry, { chunk, stored }, signal);
  const { maxDecoderBytes } = codecs.limits;
  const { size, hash, dataOffset, storedSize } = chunk;
  const asFile: Entry = { ...entry, size, hash, dataOffset, storedSize };
  const content = await threads.read(size, (decodeThere) =>
    decodeThere === undefined
      ? verifyHere(codecs, entry, { chunk, stored }, signal)
      : naming(entry, chunk, () => decodeThere(stored, asFile, { maxDecoderBytes, signal })),
  );
  if (content.length !== size) throw chunkMismatch(entry.path, chunk);
  return content;
}

async function verifyHere(
  { zstd, sha256, limits: { maxDecoderBytes } }: ChunkCodecs,
  entry: Entry,
  { chunk, stored }: StoredChunk,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { path, compression } = entry;
  const decompress = (): Promise<Uint8Array> =>
    decompressInTurns(zstd, stored, { path, size: chunk.size }, { maxDecoderBytes, signal });
  const content = compression === "none" ? stored : await naming(entry, chunk, decompress);
  const hasher = sha256.create();
  const turns = createTurns();
  for (let at = 0; at < content.length; at += turnBytes) {
    const piece = content.subarray(at, at + turnBytes);
    hasher.update(piece);
    await turns.after(piece.length);
    signal?.throwIfAborted();
  }
  const actual = hasher.digest();
  if (actual.length === chunk.hash.length && actual.every((byte, i) => byte === chunk.hash[i]))
    return content;
  throw chunkMismatch(path, chunk);
}

/** Errors of work for a chunk name it. */
async function naming<T>(entry: Entry, chunk: Chunk, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw chunkError(error, entry, chunk);
  }
}
