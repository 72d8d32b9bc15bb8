/**
 * Runs tasks ahead of the consumer, at most `width` at a time, and yields their results in the order of the tasks.
 * The first failure ends it; tasks that are still under way are awaited, so that nothing runs on after the end.
 */
export async function* inOrder<T>(
  tasks: AsyncIterable<() => Promise<T>> | Iterable<() => Promise<T>>,
  width: number,
): AsyncGenerator<T, void, undefined> {
  const running: Promise<T>[] = [];
  try {
    for await (const task of tasks) {
      const result = task();
      // Somebody waits for it only later: until then a failure is not an unhandled one.
      result.catch(() => undefined);
      running.push(result);
      if (running.length >= width) yield await nextOf(running);
    }
    while (running.length > 0) yield await nextOf(running);
  } finally {
    await Promise.allSettled(running);
  }
}

function nextOf<T>(running: Promise<T>[]): Promise<T> {
  const [first] = running.splice(0, 1);
  if (first === undefined) throw new TypeError("No task is running");
  return first;
}
