import { ClientError, isClientError } from "../errors.js";
import { linkSignals } from "@blob/core/abort";

/** How long a client is open. Everything that it does for a caller runs within its lifetime. */
export interface Lifetime {
  /** Aborts with a `Closed` error when the client is closed. */
  readonly signal: AbortSignal;
  /** Throws `Closed` if the client was closed. */
  check(): void;
  /**
   * Does work with a signal that aborts with the caller's signal or at the end of the lifetime. If the end came first,
   * the work throws `Closed`, whatever error the abort caused inside of it.
   */
  run<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** The same for an iterable. `end` does not wait for it: its consumer may take any time between two elements. */
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

  /**
   * The error to throw for work that failed: `Closed`, with the work's own error as its cause, if the end of the
   * lifetime stopped it.
   */
  function errorOf(error: unknown, signal: AbortSignal): unknown {
    if (!closing.signal.aborted) return error;
    // The caller's abort came first, and work that went on notices the end: what is loaded meanwhile looks later.
    if (signal.reason !== closing.signal.reason)
      return signal.aborted && isClosed(error) ? signal.reason : error;
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

function isClosed(error: unknown): boolean {
  return isClientError(error) && error.code === "Closed";
}

function closed(cause?: unknown): ClientError {
  return new ClientError("Closed", "The client was closed: make another one to go on", { cause });
}
