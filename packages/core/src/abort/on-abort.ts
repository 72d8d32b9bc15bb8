interface Waiting {
  readonly callbacks: Set<() => void>;
  readonly tell: () => void;
}

const waitingFor = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls back when a signal aborts, at once if it has already. Returns what stops that. However many wait for a signal, it
 * has one listener: Node takes more than ten for a leak and warns, and many reads of one caller are none. When nobody
 * waits any more it has none, so that a signal which follows others can be collected.
 *
 * @param callback Must not throw: others wait for the same.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => undefined;
  }
  const waiting = waitingFor.get(signal) ?? listenTo(signal);
  // A function of its own: one callback may wait twice.
  const call = (): void => callback();
  waiting.callbacks.add(call);
  return () => {
    if (!waiting.callbacks.delete(call) || waiting.callbacks.size > 0) return;
    signal.removeEventListener("abort", waiting.tell);
    if (waitingFor.get(signal) === waiting) waitingFor.delete(signal);
  };
}

function listenTo(signal: AbortSignal): Waiting {
  const callbacks = new Set<() => void>();
  const tell = (): void => {
    // The signal may live on for long: nobody is to be held by it.
    waitingFor.delete(signal);
    for (const call of callbacks) call();
    callbacks.clear();
  };
  const waiting = { callbacks, tell };
  waitingFor.set(signal, waiting);
  signal.addEventListener("abort", tell, { once: true });
  return waiting;
}
