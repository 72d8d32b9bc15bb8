/**
 * An iterable of chunks, such as `archive.stream(path)`, as a Web stream: for `new Response(…)` and whatever else takes
 * one. Lazy: a chunk is asked for when the stream's reader asks for it. Cancelling it ends the iterable, and an error of
 * the iterable, such as a wrong hash at its end, is one of the stream.
 *
 * @example
 * ```ts
 * return new Response(toWebStream(archive.stream("video.mp4")));
 * ```
 */
export function toWebStream(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  // ReadableStream.from would do the same, but not all browsers have it.
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const result = await iterator.next();
        if (result.done === true) controller.close();
        else controller.enqueue(result.value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    // No reading ahead: a chunk is only pulled when a reader asks for one.
    { highWaterMark: 0 },
  );
}
