import type { PlainError } from "../workers/plain-error.js";
import type { OpenFile } from "./open-file.js";

/** What the index says of a chunk. */
export interface PromisedChunk {
  /** The file that it is of, for messages. */
  readonly path: string;
  /** Its number in the file. */
  readonly index: number;
  /** Where it begins in the file, and how many bytes it has. */
  readonly offset: number;
  readonly size: number;
  /** SHA-256 of its content, in hexadecimal. */
  readonly hash: string;
}

/** Where a chunk is written: at its own offset. */
interface ChunkTarget {
  readonly chunk: PromisedChunk;
  readonly target: OpenFile;
  /** Whether nothing was ever written there: then long runs of zeros become holes. */
  readonly isSparse: boolean;
}

/** Decode a chunk, verify it, write it. */
export interface WriteChunk extends ChunkTarget {
  /** What is stored. It is given away: its memory may be gone after the call. */
  readonly stored: Uint8Array<ArrayBuffer>;
  readonly isCompressed: boolean;
}

/** Hash what is at a place of a file. */
export interface HashRegion {
  readonly file: OpenFile;
  readonly offset: number;
  readonly size: number;
}

/** Go on with the hash of a file: the bytes that come next. Behind the end of the file they count as zeros. */
export interface AppendRegion extends HashRegion {
  /** Whose hash. */
  readonly running: number;
}

/** Verify that a file has a chunk at some place, and write it to another file. */
export interface CopyChunk extends ChunkTarget {
  readonly source: OpenFile;
  /** Where it is in the source. */
  readonly sourceOffset: number;
}

/** Plain data: it is sent to worker threads. */
export type ChunkJob =
  | ({ readonly kind: "write" } & WriteChunk)
  | ({ readonly kind: "hash" } & HashRegion)
  | ({ readonly kind: "copy" } & CopyChunk)
  | ({ readonly kind: "append" } & AppendRegion)
  | { readonly kind: "digest"; readonly running: number };

/** What came of a job. */
export interface ChunkResult {
  /** SHA-256 of what was there, in hexadecimal; `undefined` when the file ends before. Of a written chunk it is the promised one. */
  readonly hash: string | undefined;
}

/** What a worker answers, with the memory of what was stored, to be used again. */
export type ChunkResponse = ChunkAnswer & { readonly memory: ArrayBuffer | undefined };

export type ChunkAnswer =
  ({ readonly kind: "done" } & ChunkResult) | { readonly kind: "error"; readonly error: PlainError };
