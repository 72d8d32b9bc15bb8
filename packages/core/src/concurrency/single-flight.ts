import { untilAborted } from "../abort/until-aborted.js";

/** Lets callers who want the same thing at the same time share one piece of work. */
export interface SingleFlight<T> {
  /**
   * Joins the work under way for `key`, or starts it. The work belongs to all who wait for it: a caller who aborts leaves
   * alone, with the signal's reason, and only when the last one has left is the work's own signal aborted. Nothing is kept
   * afterwards, failures least of all.
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

/** Flights of one kind: keys of two of them have nothing to do with each other. */
export function createSingleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>();

  function depart(key: string, start: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const flight = { result: start(controller.signal), controller, waiters: 0 };
    flights.set(key, flight);
    const settle = (): void => forget(key, flight);
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
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      } finally {
        flight.waiters -= 1;
        if (flight.waiters === 0) {
          // Nobody may join what is being stopped.
          forget(key, flight);
          flight.controller.abort(new DOMException("Nobody waits for this any more", "AbortError"));
        }
      }
    },
  };
}
