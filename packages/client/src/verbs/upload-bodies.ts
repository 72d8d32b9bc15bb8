/** The bytes of uploads while they are being read. */
export interface UploadBodies {
  /** The same bytes, whose reading is ended by `close` if nobody else does. */
  read(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /**
   * Resolves when nobody reads any more. An upload that was stopped has ended before the body that was being sent has:
   * there may still be a read of a file in it.
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

/** Bytes in memory as a body. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
