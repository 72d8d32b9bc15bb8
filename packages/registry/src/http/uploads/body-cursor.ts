import { RegistryError } from "../../errors.js";
import type { OpenBody } from "../../registry.js";

/** Takes pieces out of an upload's bytes, mostly forwards. */
export interface BodyCursor {
  /** The bytes from `offset` on, as many as asked for. Opens the body again when it is already further. */
  take(offset: number, length: number): Promise<Uint8Array>;
  /** The same, a chunk at a time and none of them held. One that was left before its end is never gone on with. */
  stream(offset: number, length: number): AsyncIterable<Uint8Array>;
  /** Lets go of the body. */
  close(): Promise<void>;
}

/** A body that was opened, and how far it was read. */
interface OpenedBody {
  readonly chunks: AsyncIterator<Uint8Array>;
  position: number;
  rest: Uint8Array;
  /** Whether somebody is in the middle of a stream: whoever else comes gets a body of its own. */
  isStreaming: boolean;
}

export function createBodyCursor(open: OpenBody): BodyCursor {
  let current: OpenedBody | undefined;

  async function close(): Promise<void> {
    const closing = current;
    current = undefined;
    const closed = closing?.chunks.return?.();
    // A body that is waited for elsewhere closes when that is over, which may depend on whoever closes it here.
    if (closing?.isStreaming === true) closed?.catch(() => {});
    else await closed;
  }

  async function goTo(offset: number, isStreaming: boolean): Promise<OpenedBody> {
    if (current !== undefined && (current.isStreaming || offset < current.position)) await close();
    const body = (current ??= openBody(open));
    body.isStreaming = isStreaming;
    while (body.position < offset) await next(body, offset - body.position);
    return body;
  }

  async function* stream(offset: number, length: number): AsyncGenerator<Uint8Array, void, undefined> {
    const body = await goTo(offset, true);
    for (let sent = 0; sent < length;) {
      const bytes = await next(body, length - sent);
      sent += bytes.length;
      if (sent === length) body.isStreaming = false;
      yield bytes;
    }
  }

  return {
    close,
    stream,
    async take(offset, length) {
      const body = await goTo(offset, false);
      const piece = new Uint8Array(length);
      for (let filled = 0; filled < length;) {
        const bytes = await next(body, length - filled);
        piece.set(bytes, filled);
        filled += bytes.length;
      }
      return piece;
    },
  };
}

function openBody(open: OpenBody): OpenedBody {
  return { chunks: open()[Symbol.asyncIterator](), position: 0, rest: new Uint8Array(), isStreaming: false };
}

/** Up to `length` of the next bytes. */
async function next(body: OpenedBody, length: number): Promise<Uint8Array> {
  while (body.rest.length === 0) {
    const { done, value } = await body.chunks.next();
    if (done === true) {
      const message = `the bytes to upload end after ${body.position}, before the size that was announced`;
      throw new RegistryError("InvalidArgument", message);
    }
    body.rest = value;
  }
  const taken = body.rest.subarray(0, length);
  body.rest = body.rest.subarray(taken.length);
  body.position += taken.length;
  return taken;
}
