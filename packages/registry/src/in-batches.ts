/** Results in the order of the items, a few of which are worked on at once: most of the time is spent waiting. */
export async function* inBatches<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<readonly [T, R], void, undefined> {
  for (let at = 0; at < items.length; at += atOnce) {
    const batch = items.slice(at, at + atOnce);
    yield* await Promise.all(batch.map(async (item) => [item, await work(item)] as const));
  }
}
