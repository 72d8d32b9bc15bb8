import type { ServerResponse } from "node:http";

/** Larger pieces are cut, so that a client that takes nothing is noticed. */
const pieceBytes = 64 * 1024;

/**
 * Writes a body whose headers are set, as fast as the client takes it, and ends the answer. Whatever goes wrong, and a
 * client that takes nothing for `stallMs`, breaks the connection: an answer that ends well is one that is right.
 */
export async function sendBody(
  response: ServerResponse,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  stallMs: number,
): Promise<void> {
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += pieceBytes) {
        await write(response, chunk.subarray(at, at + pieceBytes), stallMs);
      }
    }
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  }
}

async function write(response: ServerResponse, piece: Uint8Array, stallMs: number): Promise<void> {
  if (response.destroyed) throw new ClientGone();
  if (response.write(piece)) return;
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      response.off("drain", drained).off("close", closed);
      if (error === undefined) resolve();
      else reject(error);
    };
    const drained = (): void => settle();
    const closed = (): void => settle(new ClientGone());
    const timer = setTimeout(closed, stallMs);
    response.on("drain", drained).on("close", closed);
  });
}

/** The client left, or takes nothing: nobody is there to be told. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";

  constructor() {
    super("the client left before it had everything");
  }
}
