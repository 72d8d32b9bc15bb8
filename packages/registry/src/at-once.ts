/** Works on some at once. The first failure stops the others, and is thrown when they have stopped. */
export async function eachAtOnce<T>(
  items: readonly T[],
  width: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  const stop = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]);
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) {
      try {
        await work(item, stop);
      } catch (error) {
        controller.abort(error);
        throw error;
      }
    }
  };
  const workers = Math.min(Math.max(1, width), items.length);
  const results = await Promise.allSettled(Array.from({ length: workers }, worker));
  signal?.throwIfAborted();
  if (controller.signal.aborted) throw controller.signal.reason;
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
