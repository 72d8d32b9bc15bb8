import { maxBlockBytes } from "../frame-header.js";

/** Content of a frame that later blocks may refer to. */
export interface History {
  /** Room for `bytes` more behind `end`; `end` may be another one afterwards. */
  reserve(bytes: number): { readonly buffer: Uint8Array; readonly end: number };
  /** Says that the content now ends at `end`. */
  advance(end: number): void;
  /** Its memory, for the history of another frame: this one must not be used any more. */
  release(): Uint8Array<ArrayBuffer>;
}

/** What is moved less often is moved in larger pieces. */
const maxSlackBytes = 8 * 1024 * 1024;

/**
 * Keeps at least the last `windowSize` bytes. Its memory grows with the content: a header that asks for a large window
 * gets it only when there is content to fill it. Begins with the memory of another one, if it is given some.
 */
export function createHistory(
  windowSize: number,
  maxBytes: number,
  memory: Uint8Array<ArrayBuffer> | undefined,
): History {
  const most = windowSize + Math.min(Math.max(windowSize, maxBlockBytes), maxSlackBytes);
  const capacity = Math.min(most, maxBytes);
  let buffer = memory ?? new Uint8Array(Math.min(capacity, 2 * maxBlockBytes));
  let end = 0;

  function grow(needed: number): void {
    const larger = new Uint8Array(Math.min(capacity, Math.max(needed, 2 * buffer.length)));
    larger.set(buffer.subarray(0, end));
    buffer = larger;
  }

  function slide(): void {
    const kept = Math.min(windowSize, end);
    buffer.copyWithin(0, end - kept, end);
    end = kept;
  }

  return {
    reserve(bytes) {
      if (end + bytes > buffer.length) {
        if (end + bytes <= capacity) grow(end + bytes);
        else if (buffer.length < capacity) grow(capacity);
        if (end + bytes > buffer.length) slide();
      }
      return { buffer, end };
    },
    advance(newEnd) {
      end = newEnd;
    },
    release: () => buffer,
  };
}
