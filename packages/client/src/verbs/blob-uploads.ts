import type { BlobId, OpenBody, PushedBlob, Registry } from "@blob/registry";
import type { PushProgress } from "../progress.js";

/** Where the blobs of one artifact go, and who is told how far they are. */
export interface BlobUploadsOptions {
  readonly registry: Registry;
  readonly repository: string;
  readonly mountFrom?: string | undefined;
  readonly onProgress?: ((progress: PushProgress) => void) | undefined;
}

/** Uploads the blobs of one artifact, and keeps track of their bodies: what those read from is closed after them. */
export interface BlobUploads {
  /** Has a blob in the repository. Without a stage, nobody is told how far it is. */
  put(blob: BlobId, open: OpenBody, signal: AbortSignal, stage?: PushProgress["stage"]): Promise<PushedBlob>;
  /**
   * Resolves when no body is read any more. An aborted upload may reject while a read of a file is still under way in
   * its body.
   */
  close(): Promise<void>;
}

export function createBlobUploads(options: BlobUploadsOptions): BlobUploads {
  const { registry, repository, mountFrom, onProgress } = options;
  const bodies: AsyncGenerator<Uint8Array, void, undefined>[] = [];

  /** The chunks, as a body that `close` ends if nothing else did. */
  function read(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    const body = pass(chunks);
    bodies.push(body);
    return body;
  }

  return {
    put: (blob, open, signal, stage) =>
      registry.pushBlob(repository, blob, () => read(open()), {
        mountFrom,
        signal,
        onProgress: (bytesDone) => stage && onProgress?.({ stage, bytesDone, bytesTotal: blob.size }),
      }),
    async close() {
      // Waits for the read that is under way, and frees what the source holds.
      await Promise.allSettled(bodies.splice(0).map((body) => body.return(undefined)));
    },
  };
}

async function* pass(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}
