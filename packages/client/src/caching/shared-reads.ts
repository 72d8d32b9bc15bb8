import type { Descriptor, Manifest } from "@blob/registry";
import { unlessAborted } from "../lifetime/linked-signal.js";

/** Shared work: whoever asks for the same while it is under way gets the same result. */
interface Flights<T> {
  /** The work's own signal is aborted when the last of those who wait has left. Failures are forgotten. */
  share(key: string, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

function createFlights<T>(): Flights<T> {
  const flights = new Map<string, Flight<T>>();

  function start(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const flight: Flight<T> = { result: work(controller.signal), controller, waiting: 0 };
    flights.set(key, flight);
    const land = (): void => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    flight.result.then(land, land);
    return flight;
  }

  function leave(key: string, flight: Flight<T>): void {
    flight.waiting -= 1;
    if (flight.waiting > 0) return;
    // Nobody may join what is being stopped.
    if (flights.get(key) === flight) flights.delete(key);
    flight.controller.abort(new DOMException("Nobody waits for this any more", "AbortError"));
  }

  return {
    async share(key, signal, work) {
      signal?.throwIfAborted();
      const flight = flights.get(key) ?? start(key, work);
      flight.waiting += 1;
      try {
        return await unlessAborted(flight.result, signal);
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      } finally {
        leave(key, flight);
      }
    },
  };
}

/** What verbs of one client read together. */
export interface SharedReads {
  readonly manifests: Flights<Manifest>;
  readonly descriptors: Flights<Descriptor>;
  readonly indexes: Flights<Uint8Array>;
}

export function createSharedReads(): SharedReads {
  return { manifests: createFlights(), descriptors: createFlights(), indexes: createFlights() };
}
