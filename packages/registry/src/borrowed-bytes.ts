/** Bytes that can also be had in memory that is used again for later ones. */
export interface LendingBytes extends AsyncIterable<Uint8Array> {
  /**
   * The same bytes, for somebody who is done with each chunk when they ask for the next one. To be called instead of
   * iterating.
   */
  borrow(): AsyncIterable<Uint8Array>;
}

/**
 * The bytes in borrowed memory where they can be had so, else as they are. Whoever wraps bytes loses nothing but speed: a
 * decorator that keeps chunks never gets borrowed ones by accident.
 */
export function borrow(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return isLending(bytes) ? bytes.borrow() : bytes;
}

function isLending(bytes: AsyncIterable<Uint8Array>): bytes is LendingBytes {
  return "borrow" in bytes && typeof bytes.borrow === "function";
}
