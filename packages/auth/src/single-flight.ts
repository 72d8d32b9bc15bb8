/** Lets callers who want the same thing at the same time share one piece of work. */
export interface SingleFlight<T> {
  /**
   * Joins the work under way for `key`, or starts it. The work belongs to all who wait for it: a caller who
   * aborts leaves alone, and only when the last one has left is the work's own signal aborted. Nothing is
   * kept afterwards, failures least of all.
   */
  join(
    key: string,
    start: (signal: AbortSignal) => Promise<T>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<T>;
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiters: number;
}

export function createSingleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>();

  function depart(key: string, start: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const flight = { result: start(controller.signal), controller, waiters: 0 };
    flights.set(key, flight);
    const settle = () => forget(key, flight);
    // Also keeps a failure that nobody waits for any more from being an unhandled rejection.
    flight.result.then(settle, settle);
    return flight;
  }

  function forget(key: string, flight: Flight<T>): void {
    if (flights.get(key) === flight) flights.delete(key);
  }

  return {
    async join(key, start, { signal } = {}) {
      signal?.throwIfAborted();
      const flight = flights.get(key) ?? depart(key, start);
      flight.waiters += 1;
      try {
        return await untilAborted(flight.result, signal);
      } finally {
        flight.waiters -= 1;
        if (flight.waiters === 0) {
          forget(key, flight);
          flight.controller.abort(signal?.reason);
        }
      }
    },
  };
}

/** The promise's outcome, or the signal's reason if that comes first. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: aborted, reject } = deferred();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function deferred(): { readonly promise: Promise<never>; readonly reject: (reason: unknown) => void } {
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<never>((_resolve, rejectPromise) => {
    reject = rejectPromise;
  });
  return { promise, reject };
}
