interface Waiting {
  readonly waiters: Set<() => void>;
  readonly tell: () => void;
}

const waitingFor = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls back when a signal is aborted, and returns what takes that back. However many wait for one signal, it has a single
 * listener of ours: Node warns of a leak from the eleventh on, and hundreds of ranges may be read under one signal.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const waiting = waitingFor.get(signal) ?? listenTo(signal);
  // Each call is a waiter of its own, also when the function is the same.
  const waiter = (): void => callback();
  waiting.waiters.add(waiter);
  return () => {
    if (!waiting.waiters.delete(waiter) || waiting.waiters.size > 0) return;
    // Signals that depend on others are kept alive by their listeners.
    signal.removeEventListener("abort", waiting.tell);
    if (waitingFor.get(signal) === waiting) waitingFor.delete(signal);
  };
}

function listenTo(signal: AbortSignal): Waiting {
  const waiters = new Set<() => void>();
  const tell = (): void => {
    waitingFor.delete(signal);
    for (const waiter of waiters) waiter();
    waiters.clear();
  };
  const waiting = { waiters, tell };
  waitingFor.set(signal, waiting);
  signal.addEventListener("abort", tell, { once: true });
  return waiting;
}

export interface FollowedSignal {
  readonly signal: AbortSignal;
  /** When it is not needed any more. Harmless at any time. */
  readonly release: () => void;
}

/** A signal that is aborted with another one: for those who add a listener for each use. */
export function followSignal(signal: AbortSignal): FollowedSignal {
  const own = new AbortController();
  if (signal.aborted) own.abort(signal.reason);
  return { signal: own.signal, release: onAbort(signal, () => own.abort(signal.reason)) };
}
