import { ClientError } from "../errors.js";
import { linkSignals } from "@blob/core/abort";

/** How long a client is open. Whatever it does for somebody is done within. */
export interface Lifetime {
  /** Aborts with a `Closed` error when the client is closed. */
  readonly signal: AbortSignal;
  /** Throws `Closed` when the client is. */
  check(): void;
  /**
   * Does the work with a signal of its own, which aborts with the caller's and with the end of the lifetime. `Closed` when
   * that came first, whatever it was that broke.
   */
  run<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** The same for what is done piece by piece. Nobody waits for a consumer between two of them. */
  iterate<T>(
    signal: AbortSignal | undefined,
    open: (signal: AbortSignal) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined>;
  /** Stops everything, and waits until it has stopped. */
  end(): Promise<void>;
}

export function createLifetime(): Lifetime {
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();

  function check(): void {
    if (closing.signal.aborted) throw closed();
  }

  /** Which error a piece of work ends with. */
  function errorOf(error: unknown, signal: AbortSignal): unknown {
    if (!closing.signal.aborted || signal.reason !== closing.signal.reason) return error;
    return closed(error === signal.reason ? undefined : error);
  }

  async function run<T>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    check();
    const link = linkSignals(signal, closing.signal);
    const done = work(link.signal);
    running.add(done);
    try {
      return await done;
    } catch (error) {
      throw errorOf(error, link.signal);
    } finally {
      running.delete(done);
      link.release();
    }
  }

  return {
    signal: closing.signal,
    check,
    run,
    async *iterate(signal, open) {
      check();
      const link = linkSignals(signal, closing.signal);
      try {
        for await (const item of open(link.signal)) {
          check();
          yield item;
          check();
        }
      } catch (error) {
        throw errorOf(error, link.signal);
      } finally {
        link.release();
      }
    },
    async end() {
      closing.abort(closed());
      await Promise.allSettled(running);
    },
  };
}

function closed(cause?: unknown): ClientError {
  return new ClientError("Closed", "The client was closed: make another one to go on", { cause });
}
