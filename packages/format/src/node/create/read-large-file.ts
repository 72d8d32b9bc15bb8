import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { lstat, open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import { frameRoom } from "./compress-frame.js";
import type { FilePlace } from "../walk/found-files.js";
import {
  checkUnchanged,
  factsOf,
  fileChanged,
  maxSmallFileBytes,
  openError,
  readFlags,
} from "../walk/read-small-file.js";
import type { ChangeDetection, FileFacts } from "../walk/read-small-file.js";
import { SourceDirectories } from "../walk/source-directories.js";

/** A large file that is read from beginning to end while its hash is computed. */
export interface LargeFile {
  /** In bytes, when it was opened. */
  readonly size: number;
  readonly facts: FileFacts;
  /**
   * Parts of {@link maxSmallFileBytes}, the last one may be shorter. They belong to the consumer, with memory for
   * {@link frameRoom}.
   */
  chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
  /** What was read, once the chunks have ended. */
  digest(): { readonly hash: Uint8Array; readonly size: number };
  /** The same without the chunks: reads everything for its hash. */
  hashAll(signal: AbortSignal | undefined): Promise<void>;
  /** Bytes from a place of the file, outside the sequence of chunks: as many as there are. */
  sample(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** `FileChanged`, `FileSystem`. The caller closes it. */
export async function openLargeFile(place: FilePlace, changeDetection: ChangeDetection): Promise<LargeFile> {
  const { root, directory, name, path } = place;
  const sources = new SourceDirectories(root);
  let handle: FileHandle | undefined;
  try {
    const location = sources.locate(directory, name, path);
    handle = await open(location, readFlags);
    const stats = await handle.stat({ bigint: true });
    sources.check();
    if (!stats.isFile()) throw fileChanged(path, "stopped being a regular file");
    return createLargeFile({ handle, stats, location, sources, path }, changeDetection);
  } catch (cause) {
    await handle?.close();
    sources.close();
    throw openError(cause, path);
  }
}

interface OpenedFile {
  readonly handle: FileHandle;
  /** When it was opened. */
  readonly stats: BigIntStats;
  readonly location: string;
  /** Open for as long as the location is used. */
  readonly sources: SourceDirectories;
  /** For messages. */
  readonly path: string;
}

function createLargeFile(
  { handle, stats, location, sources, path }: OpenedFile,
  changeDetection: ChangeDetection,
): LargeFile {
  const hash = createHash("sha256");
  let size = 0;

  function readNext(): Promise<Uint8Array<ArrayBuffer>> {
    const next = read(handle, path, size, maxSmallFileBytes);
    // Somebody waits for it only later: until then a failure is not an unhandled one.
    next.catch(() => undefined);
    return next;
  }

  async function* chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    let next = readNext();
    try {
      for (let more = true; more;) {
        const chunk = await next;
        size += chunk.length;
        more = chunk.length === maxSmallFileBytes;
        // The next chunk is read while this one is hashed and used.
        if (more) next = readNext();
        hash.update(chunk);
        if (chunk.length > 0) yield chunk;
      }
    } finally {
      await next.catch(() => undefined);
    }
    if (changeDetection === "strict") await check();
  }

  async function check(): Promise<void> {
    try {
      checkUnchanged(path, stats, await handle.stat({ bigint: true }), size);
      checkUnchanged(path, stats, await lstat(location, { bigint: true }), size);
    } catch (cause) {
      throw openError(cause, path);
    }
  }

  return {
    size: Number(stats.size),
    facts: factsOf(stats),
    chunks,
    async hashAll(signal) {
      const rest = chunks();
      while ((await rest.next()).done !== true) signal?.throwIfAborted();
    },
    digest: () => ({ hash: hash.digest(), size }),
    sample: (offset, length) => read(handle, path, offset, length),
    async close() {
      sources.close();
      await handle.close();
    },
  };
}

/** As many bytes as asked for, fewer only at the end of the file. */
async function read(
  handle: FileHandle,
  path: string,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  // With room for a frame that is not smaller; and not zeroed, as it is written to at once.
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(frameRoom(length)).buffer, 0, length);
  let filled = 0;
  try {
    while (filled < length) {
      const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
  } catch (cause) {
    throw openError(cause, path);
  }
  return bytes.subarray(0, filled);
}
