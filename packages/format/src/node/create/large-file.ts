import { createHash } from "node:crypto";

import { frameRoom } from "./compress-frame.js";
import { maxSmallFileBytes } from "../walk/read-small-file.js";
import type { FileFacts } from "../walk/read-small-file.js";

/** A large file that is read from beginning to end. */
export interface LargeFile {
  /** In bytes, when it was opened. */
  readonly size: number;
  /** As it was opened; nothing of what has none. */
  readonly facts: FileFacts | undefined;
  /**
   * Parts of {@link maxSmallFileBytes}, the last one may be shorter. They belong to the consumer, with memory for
   * {@link frameRoom}. Unless somebody else does, they are hashed before they are given.
   */
  parts(hashed?: "elsewhere"): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
  /** What was read, once the parts have ended, and its hash if it was computed. */
  digest(): { readonly hash: Uint8Array; readonly size: number };
  /** The same without the parts: reads everything for its hash. */
  hashAll(signal: AbortSignal | undefined): Promise<void>;
  /** Bytes from a place of the file, outside the sequence of parts: as many as there are. */
  sample(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What was read of a large file. */
export interface FinishedFile {
  /** When they are not, or may not be, as they were listed. */
  readonly facts: FileFacts | undefined;
  readonly size: number;
}

/** Where the bytes of a large file are. */
export interface LargeContent extends Pick<LargeFile, "size" | "facts" | "close"> {
  /** Fills the bytes from a place on, and returns how many there were: fewer only at the end. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Called at the end, with how many bytes were read: throws when they may not be those of one file. */
  check(bytesRead: number): Promise<void>;
}

export function createLargeFile(content: LargeContent): LargeFile {
  const hash = createHash("sha256");
  let size = 0;

  async function read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    // With room for a frame that is not smaller; and not zeroed, as it is written to at once.
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(frameRoom(length)).buffer, 0, length);
    return bytes.subarray(0, await content.read(bytes, position));
  }

  function readNext(): Promise<Uint8Array<ArrayBuffer>> {
    const next = read(size, maxSmallFileBytes);
    // Somebody waits for it only later: until then a failure is not an unhandled one.
    next.catch(() => undefined);
    return next;
  }

  async function* parts(hashed?: "elsewhere"): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    let next = readNext();
    try {
      for (let more = true; more;) {
        const part = await next;
        size += part.length;
        more = part.length === maxSmallFileBytes;
        // The next part is read while this one is hashed and used.
        if (more) next = readNext();
        if (hashed === undefined) hash.update(part);
        if (part.length > 0) yield part;
      }
    } finally {
      await next.catch(() => undefined);
    }
    await content.check(size);
  }

  return {
    size: content.size,
    facts: content.facts,
    parts,
    async hashAll(signal) {
      const rest = parts();
      while ((await rest.next()).done !== true) signal?.throwIfAborted();
    },
    digest: () => ({ hash: hash.digest(), size }),
    sample: read,
    close: () => content.close(),
  };
}
