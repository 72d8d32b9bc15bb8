import { createTurns, turnBytes } from "./turns.js";
import type { ZstdDecodeOptions, ZstdDecoder, ZstdPromise, ZstdStream } from "./codec.js";
import { withDecompressionErrors } from "./decompression-error.js";
import { checkStoredSize, createFrameLimits } from "./frame-limits.js";
import { splitFrames } from "./frame.js";

/**
 * `stream.push` for threads that have others to serve: gives the same content without empty chunks, and lets others go on
 * after every few milliseconds of work, however many or few bytes were stored for it. An abort is noticed there, too.
 */
export function pushInTurns(
  stream: ZstdStream,
  signal?: AbortSignal,
): (stored: Uint8Array) => AsyncGenerator<Uint8Array, void, undefined> {
  const turns = createTurns();
  return async function* push(stored) {
    for (const content of stream.push(stored)) {
      const { length } = content;
      if (length > 0) yield content;
      await turns.after(length);
      signal?.throwIfAborted();
    }
  };
}

/**
 * What `decoder.decompress` returns, for threads that have others to serve: at once where that is quick, in turns where it
 * is not. `Decompression`.
 */
export async function decompressInTurns(
  decoder: ZstdDecoder,
  stored: Uint8Array,
  file: ZstdPromise,
  { signal, ...options }: ZstdDecodeOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<Uint8Array> {
  withDecompressionErrors(file.path, () => checkStoredSize(stored.length, file.size));
  if (isQuick(stored, file.size)) return decoder.decompress(stored, file, options);
  const stream = decoder.stream(file, options);
  const push = pushInTurns(stream, signal);
  const whole = new Uint8Array(file.size);
  let at = 0;
  try {
    for await (const content of push(stored)) {
      withDecompressionErrors(file.path, () => whole.set(content, at));
      at += content.length;
    }
    stream.end();
  } finally {
    stream.close();
  }
  return whole;
}

/** Frames and blocks that are decoded at once. */
const quickSteps = 64;

/** Whether decoding takes a few milliseconds at most, whoever wrote what is stored. */
function isQuick(stored: Uint8Array, size: number): boolean {
  if (size > turnBytes) return false;
  let steps = 0;
  try {
    for (const { blocks } of splitFrames(stored, createFrameLimits(size, { wholeFrames: true }))) {
      steps += 1 + blocks;
      if (steps > quickSteps) return false;
    }
  } catch {
    // Decoding fails for the same reason, and as early: its error is the one to be thrown.
  }
  return true;
}
