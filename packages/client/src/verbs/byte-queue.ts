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
  let size = 0;
  let ending: { readonly error?: unknown } | undefined;
  let left: { readonly error: unknown } | undefined;
  let wakeReader = (): void => undefined;
  let wakeWriter = (): void => undefined;

  function leave(error: unknown): void {
    left ??= { error };
    chunks.length = 0;
    wakeWriter();
    wakeReader();
  }

  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    while (left === undefined) {
      const chunk = chunks.shift();
      if (chunk !== undefined) {
        yield chunk;
        size -= chunk.length;
        wakeWriter();
      } else if (ending === undefined) {
        await new Promise<void>((resolve) => (wakeReader = resolve));
      } else if ("error" in ending) throw ending.error;
      else return;
    }
  }

  return {
    async write(chunk) {
      chunks.push(chunk);
      size += chunk.length;
      wakeReader();
      while (left === undefined && size > maxBytes) {
        await new Promise<void>((resolve) => (wakeWriter = resolve));
      }
      if (left !== undefined) throw left.error;
    },
    end() {
      ending ??= {};
      wakeReader();
    },
    fail(error) {
      ending ??= { error };
      // What is queued is of no use to anybody.
      chunks.length = 0;
      wakeReader();
    },
    leave,
    read,
  };
}
