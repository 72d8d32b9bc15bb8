import { onAbort } from "@blob/core/abort";

/** What belongs to one body: how reading for it is stopped, and whom its failure is told. */
export interface BodyReading {
  readonly signal: AbortSignal;
  /** Stops reading; the signal then has this reason. */
  stop(reason: unknown): void;
  /** Nothing is read any more. */
  finish(): void;
}

/** Reading that stops with a request, or with the body that it is for. */
export function startReading(request: AbortSignal): BodyReading {
  const controller = new AbortController();
  const finish = onAbort(request, () => controller.abort(request.reason));
  return {
    signal: controller.signal,
    stop(reason) {
      finish();
      controller.abort(reason);
    },
    finish,
  };
}

/**
 * A body that reads as fast as somebody takes it. The last chunk is held back until its source has ended, because that is
 * when a stream's hash is checked: not even a body of the right length gets out whole before, and one that is wrong breaks
 * off. Cancelling it, and an abort of the request, ends the reading.
 */
export function streamBody(
  chunks: AsyncIterable<Uint8Array>,
  reading: BodyReading,
  onError: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  let held: Uint8Array | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          for (;;) {
            const { done, value } = await iterator.next();
            const ready = held;
            held = done === true ? undefined : value;
            if (ready !== undefined) controller.enqueue(ready);
            if (done === true) {
              reading.finish();
              controller.close();
            }
            if (done === true || ready !== undefined) return;
          }
        } catch (error) {
          reading.finish();
          if (!reading.signal.aborted) onError(error);
          throw error;
        }
      },
      async cancel(reason) {
        held = undefined;
        reading.stop(reason ?? new DOMException("The body was not wanted any more", "AbortError"));
        await iterator.return?.();
      },
    },
    // Nothing is read before somebody wants it.
    { highWaterMark: 0 },
  );
}
