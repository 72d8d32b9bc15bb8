import type { CallOptions } from "@blob/registry";

/**
 * Work that several callers share: it is done once, and its result is kept. A failure is kept by nobody: who waited for
 * somebody else's work, which may have ended with that caller's signal, does it anew.
 */
export function sharedWork<T>(
  work: (options: CallOptions) => Promise<T>,
): (options: CallOptions) => Promise<T> {
  let shared: Promise<T> | undefined;
  const own = async (options: CallOptions): Promise<T> => {
    const mine = work(options);
    shared = mine;
    try {
      return await mine;
    } catch (error) {
      if (shared === mine) shared = undefined;
      throw error;
    }
  };
  return async (options) => {
    if (shared === undefined) return own(options);
    try {
      return await shared;
    } catch {
      options.signal?.throwIfAborted();
      return own(options);
    }
  };
}
