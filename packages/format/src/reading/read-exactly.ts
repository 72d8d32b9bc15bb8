import type { ByteRange, ByteSource } from "../sources/byte-source.js";
import { FormatError } from "../errors.js";

/** For messages: the file that is read. */
interface Named {
  readonly path: string;
}

/**
 * A range of the source. Sources may be anybody's code, so a wrong length is an error. An empty range asks the source
 * for nothing.
 */
export async function* readExactly(
  data: ByteSource,
  range: ByteRange,
  { path }: Named,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (range.length === 0) return;
  let left = range.length;
  for await (const chunk of data.read(range, { signal })) {
    signal?.throwIfAborted();
    left -= chunk.length;
    if (left < 0) throw sourceMismatch(path, range, "more");
    yield chunk;
  }
  signal?.throwIfAborted();
  if (left > 0) throw sourceMismatch(path, range, "less");
}

/** Joins chunks of `size` bytes in total into one new array. */
export async function collect(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
  { path }: Named,
): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(size);
  let at = 0;
  for await (const chunk of chunks) {
    if (at + chunk.length > size) throw sourceMismatch(path, { offset: 0, length: size }, "more");
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function sourceMismatch(path: string, { offset, length }: ByteRange, what: string): FormatError {
  return new FormatError(
    "SourceMismatch",
    `The data part gave ${what} than the ${length} bytes from ${offset} on that ${JSON.stringify(path)} needs`,
    { path },
  );
}
