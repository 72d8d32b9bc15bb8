import { onAbort } from "@blob/cache";

/** A signal of one piece of work, which aborts with the first of others. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Aborts it alone. */
  abort(reason: unknown): void;
  /** To be called when the work has ended: those others may live much longer. */
  release(): void;
}

/** What `AbortSignal.any` does, without leaving something behind at a signal that outlives thousands of reads. */
export function linkSignals(...others: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const stops = others.map((other) =>
    other === undefined ? undefined : onAbort(other, () => controller.abort(other.reason)),
  );
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release() {
      for (const stop of stops) stop?.();
    },
  };
}

/** The result of work that may not look at the signal: when it aborts, nobody waits any more. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = onAbort(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    stop();
  }
}
