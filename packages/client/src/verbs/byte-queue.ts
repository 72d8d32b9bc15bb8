/** Bytes on their way from whoever makes them to whoever sends them, as many as fit at a time. One writer, one reader. */
export interface ByteQueue {
  /** Resolves when there is room for more; rejects when nobody reads any more. */
  write(chunk: Uint8Array): Promise<void>;
  /** All was written. */
  end(): void;
  /** There will be no more, because of an error, which the reader gets. */
  fail(error: unknown): void;
  /** Nobody reads any more, and this is what the writer gets. */
  leave(error: unknown): void;
  /** To be called once. */
  read(): AsyncIterable<Uint8Array>;
}

/** @param maxBytes Above this, the writer waits. */
export function createByteQueue(maxBytes: number): ByteQueue {
  const chunks: Uint8Array[] = [];
  const state: {
    size: number;
    ending?: { readonly error?: unknown };
    left?: { readonly error: unknown };
  } = { size: 0 };
  let wakeReader = (): void => undefined;
  let wakeWriter = (): void => undefined;

  function leave(error: unknown): void {
    state.left ??= { error };
    chunks.length = 0;
    wakeWriter();
    wakeReader();
  }

  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    while (state.left === undefined) {
      const chunk = chunks.shift();
      if (chunk !== undefined) {
        yield chunk;
        state.size -= chunk.length;
        wakeWriter();
      } else if (state.ending === undefined) {
        await new Promise<void>((resolve) => (wakeReader = resolve));
      } else if ("error" in state.ending) throw state.ending.error;
      else return;
    }
  }

  return {
    async write(chunk) {
      chunks.push(chunk);
      state.size += chunk.length;
      wakeReader();
      while (state.left === undefined && state.size > maxBytes) {
        await new Promise<void>((resolve) => (wakeWriter = resolve));
      }
      if (state.left !== undefined) throw state.left.error;
    },
    end() {
      state.ending ??= {};
      wakeReader();
    },
    fail(error) {
      state.ending ??= { error };
      // What is queued is of no use to anybody.
      chunks.length = 0;
      wakeReader();
    },
    leave,
    read,
  };
}
