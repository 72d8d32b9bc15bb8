/**
 * Calls `work` with each item, at most `width` at a time. The first failure aborts the signal that the others were
 * given, and is thrown when all have ended: nothing runs on after the end.
 */
export async function forEachConcurrent<T>(
  items: Iterable<T>,
  width: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const queue = items[Symbol.iterator]();
  let failure: { readonly reason: unknown } | undefined;
  const runner = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true && failure === undefined; next = queue.next()) {
      try {
        either.throwIfAborted();
        await work(next.value, either);
      } catch (reason) {
        failure ??= { reason };
        failed.abort(reason);
      }
    }
  };
  await Promise.all(Array.from({ length: width }, runner));
  if (failure !== undefined) throw failure.reason;
}
