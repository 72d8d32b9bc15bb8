/** Who waits for a signal. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when a signal aborts, at once if it has already. Returns what stops that. However many wait for a signal, it
 * has one listener: Node takes more than ten for a leak and warns, and many reads of one caller are none.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => undefined;
  }
  const callbacks = waiting.get(signal) ?? new Set();
  if (!waiting.has(signal)) {
    waiting.set(signal, callbacks);
    signal.addEventListener("abort", () => callbacks.forEach((call) => call()), { once: true });
  }
  // A function of its own: one callback may wait twice.
  const call = (): void => callback();
  callbacks.add(call);
  return () => void callbacks.delete(call);
}
