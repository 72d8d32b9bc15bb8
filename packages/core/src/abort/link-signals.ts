import { onAbort } from "./on-abort.js";

/** A signal of one piece of work, which aborts with the first of others. */
export interface LinkedSignal {
  /** For the work. */
  readonly signal: AbortSignal;
  /** Aborts it alone. */
  abort(reason: unknown): void;
  /** To be called when the work has ended: those others may live much longer. Harmless at any time. */
  release(): void;
}

/**
 * What `AbortSignal.any` does, without leaving something behind at a signal that outlives thousands of reads. Of one signal,
 * it is one that nobody else adds listeners to.
 */
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
