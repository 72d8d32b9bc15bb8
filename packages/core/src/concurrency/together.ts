import { linkSignals } from "../abort/link-signals.js";

/**
 * Waits for several pieces of work that were started at once. When one fails, the signal of all aborts, and the first
 * failure is thrown when every one of them has ended: what they hold can be closed then.
 */
export async function together<T extends readonly Promise<unknown>[]>(
  signal: AbortSignal | undefined,
  start: (signal: AbortSignal) => readonly [...T],
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  const link = linkSignals(signal);
  const works = start(link.signal);
  try {
    return await Promise.all(works);
  } catch (error) {
    link.abort(error);
    throw error;
  } finally {
    await Promise.allSettled(works);
    link.release();
  }
}
