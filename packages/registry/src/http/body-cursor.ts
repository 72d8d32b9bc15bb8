import { RegistryError } from "../errors.js";
import type { OpenBody } from "../registry.js";

/** Takes pieces out of an upload's bytes, mostly forwards. */
export interface BodyCursor {
  /** The bytes from `offset` on, as many as asked for. Opens the body again when it is already further. */
  take(offset: number, length: number): Promise<Uint8Array>;
  /** Lets go of the body. */
  close(): Promise<void>;
}

/** Holds one piece in memory at a time, so that it can be sent again. */
export function createBodyCursor(open: OpenBody): BodyCursor {
  let chunks: AsyncIterator<Uint8Array> | undefined;
  let position = 0;
  let rest: Uint8Array = new Uint8Array();

  async function close(): Promise<void> {
    const closing = chunks;
    chunks = undefined;
    position = 0;
    rest = new Uint8Array();
    await closing?.return?.();
  }

  /** Up to `length` of the next bytes. */
  async function next(length: number): Promise<Uint8Array> {
    chunks ??= open()[Symbol.asyncIterator]();
    while (rest.length === 0) {
      const { done, value } = await chunks.next();
      if (done === true) {
        const message = `the bytes to upload end after ${position}, before the size that was announced`;
        throw new RegistryError("InvalidArgument", message);
      }
      rest = value;
    }
    const taken = rest.subarray(0, length);
    rest = rest.subarray(taken.length);
    position += taken.length;
    return taken;
  }

  return {
    close,
    async take(offset, length) {
      if (offset < position) await close();
      while (position < offset) await next(offset - position);
      const piece = new Uint8Array(length);
      for (let filled = 0; filled < length;) {
        const bytes = await next(length - filled);
        piece.set(bytes, filled);
        filled += bytes.length;
      }
      return piece;
    },
  };
}
