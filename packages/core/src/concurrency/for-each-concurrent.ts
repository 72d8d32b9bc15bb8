import { linkSignals } from "../abort/link-signals.js";

/**
 * Calls `work` with each item, at most `width` at a time. The first failure aborts the signal that the others were given,
 * and is thrown when all have ended: nothing runs on after the end. The caller's signal stops it in the same way, and its
 * reason is thrown, whatever broke because of it.
 */
export async function forEachConcurrent<T>(
  items: Iterable<T>,
  width: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  const link = linkSignals(signal);
  const failures: unknown[] = [];
  const queue = items[Symbol.iterator]();
  const takeOn = async (first: T): Promise<void> => {
    try {
      await work(first, link.signal);
      while (!link.signal.aborted) {
        const next = queue.next();
        if (next.done === true) return;
        await work(next.value, link.signal);
      }
    } catch (error) {
      failures.push(error);
      link.abort(error);
    }
  };
  try {
    const workers: Promise<void>[] = [];
    do {
      const next = queue.next();
      if (next.done === true) break;
      workers.push(takeOn(next.value));
    } while (workers.length + 1 <= width && !link.signal.aborted);
    await Promise.all(workers);
  } finally {
    link.release();
  }
  signal?.throwIfAborted();
  if (failures.length > 0) throw failures[0];
}
