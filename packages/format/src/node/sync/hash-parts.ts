import type { FileHandle } from "node:fs/promises";
import { inOrder } from "@blob/core/concurrency";

import type { ChunkStage } from "../chunks/chunk-stage.js";

/** A file of a directory, which somebody may write to. */
export interface OpenFile {
  readonly handle: FileHandle;
  /** In bytes, when it was opened. */
  readonly size: number;
  /** For messages. */
  readonly path: string;
}

/** A part of a file, and its hash. */
export interface HashedPart {
  readonly offset: number;
  readonly size: number;
  /** SHA-256, in hexadecimal. */
  readonly hash: string;
}

/**
 * The hashes of parts of a file, which are one behind the other from a place on, as far as the file has them. Whoever stops
 * early has not hashed much of what comes after.
 */
export async function* hashParts(
  stage: ChunkStage,
  file: OpenFile,
  from: number,
  sizes: Iterable<number> | AsyncIterable<number>,
  signal: AbortSignal | undefined,
): AsyncGenerator<HashedPart, void, undefined> {
  async function hash(offset: number, size: number): Promise<HashedPart | undefined> {
    const region = { file: { handle: file.handle.fd, name: file.path }, offset, size };
    const result = await stage.hash(region);
    return result.hash === undefined ? undefined : { offset, size, hash: result.hash };
  }

  async function* tasks(): AsyncGenerator<() => Promise<HashedPart | undefined>, void, undefined> {
    let at = from;
    for await (const size of sizes) {
      signal?.throwIfAborted();
      const offset = at;
      at += size;
      yield () => hash(offset, size);
    }
  }

  for await (const part of inOrder(tasks(), stage.width)) {
    // The file is shorter than it was.
    if (part === undefined) return;
    yield part;
  }
}
