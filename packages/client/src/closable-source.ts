import type { ByteSource } from "@blob/format";

/** A source that can be shut: reads that are under way stop, and later ones fail, with the reason that was given. */
export interface ClosableSource {
  readonly source: ByteSource;
  close(reason: Error): void;
}

export function createClosableSource(inner: ByteSource): ClosableSource {
  const controller = new AbortController();
  return {
    source: {
      id: inner.id,
      size: inner.size,
      read(range, { signal } = {}) {
        const stop = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]);
        return readUntil(stop, () => inner.read(range, { signal: stop }));
      },
    },
    close: (reason) => controller.abort(reason),
  };
}

async function* readUntil(
  stop: AbortSignal,
  open: () => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  stop.throwIfAborted();
  yield* open();
}
