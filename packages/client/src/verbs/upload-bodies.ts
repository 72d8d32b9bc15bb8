/** Keeps track of the bodies of uploads, so that all of them can be ended before what they read from is closed. */
export interface UploadBodies {
  /** The chunks, as a body that `close` ends if nothing else did. */
  read(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /**
   * Resolves when no body is read any more. An aborted upload may reject while a read of a file is still under way in
   * its body.
   */
  close(): Promise<void>;
}

export function createUploadBodies(): UploadBodies {
  const opened: AsyncGenerator<Uint8Array, void, undefined>[] = [];
  return {
    read(chunks) {
      const body = pass(chunks);
      opened.push(body);
      return body;
    },
    async close() {
      // Waits for the read that is under way, and frees what the source holds.
      await Promise.allSettled(opened.splice(0).map((body) => body.return(undefined)));
    },
  };
}

async function* pass(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}
