import type { BlobId, Registry } from "@blob/registry";
import { createByteQueue } from "./byte-queue.js";

/** What may wait to be sent. */
export const queuedBytes: number = 8 * 1024 * 1024;

/** A registry that may take bytes before it is known what they are. */
export type StreamingRegistry = Registry & Required<Pick<Registry, "streamBlob">>;

/** Not an error of anybody: the registry did not take the stream, or not to its end. */
export class NotStreamed extends Error {}

/** Bytes that are sent while they are being made. */
export interface OutgoingStream {
  /** Resolves when there is room for more. Rejects with {@link NotStreamed}, or what failed. */
  write(chunk: Uint8Array): Promise<void>;
  /** This was all. Resolves when the repository has it; rejects as `write` does. */
  end(blob: BlobId): Promise<void>;
  /** There will be no more. */
  fail(error: unknown): void;
  /** Resolves when nothing is sent any more. */
  settle(): Promise<void>;
}

export interface OutgoingStreamOptions {
  readonly registry: StreamingRegistry;
  readonly repository: string;
  readonly signal: AbortSignal;
  /** Ends an upload that has not begun to read. */
  readonly abort: (error: unknown) => void;
  /** Told about bytes only when their number in total is known. */
  readonly onProgress: (bytesDone: number, bytesTotal: number) => void;
}

export function createOutgoingStream(options: OutgoingStreamOptions): OutgoingStream {
  const { registry, repository, signal, abort, onProgress } = options;
  const queue = createByteQueue(queuedBytes);
  let isOpened = false;
  let blob: BlobId | undefined;

  function open(): AsyncIterable<Uint8Array> {
    isOpened = true;
    return queue.read();
  }

  function identify(): BlobId {
    if (blob === undefined) throw new Error("the bytes have ended before it was known what they are");
    return blob;
  }

  async function send(): Promise<void> {
    try {
      const isSent = await registry.streamBlob(
        repository,
        { open, identify },
        { signal, onProgress: (bytes) => blob && onProgress(bytes, blob.size) },
      );
      if (!isSent) throw new NotStreamed();
    } catch (error) {
      queue.leave(error);
      throw error;
    }
  }

  const sent = send();
  // Thrown by the next write, or at the end.
  sent.catch(() => {});
  return {
    write: (chunk) => queue.write(chunk),
    async end(all) {
      blob = all;
      queue.end();
      await sent;
    },
    fail(error) {
      // Who has begun to read cancels the upload, which takes a request.
      if (isOpened) queue.fail(error);
      else abort(error);
    },
    async settle() {
      await sent.catch(() => {});
    },
  };
}
