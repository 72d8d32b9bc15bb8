import { createContentCutter } from "../chunks/content-cuts.js";
import { frameRoom } from "./compress-frame.js";

/**
 * The same content as chunks that are cut where it says. The parts must stay what they are. The chunks belong to the
 * consumer, with memory for {@link frameRoom}: each byte is copied once.
 */
export async function* cutParts(
  parts: AsyncIterable<Uint8Array>,
  average: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const cutter = createContentCutter(average);
  /** Of the chunk whose end is looked for. */
  let begun: Uint8Array[] = [];
  for await (const part of parts) {
    let from = 0;
    for (let end = cutter.cutIn(part, from); end >= 0; end = cutter.cutIn(part, from)) {
      begun.push(part.subarray(from, end));
      yield joined(begun);
      begun = [];
      from = end;
    }
    if (from < part.length) begun.push(part.subarray(from));
  }
  if (begun.length > 0) yield joined(begun);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  // Not zeroed, as it is written to at once.
  const chunk = new Uint8Array(Buffer.allocUnsafeSlow(frameRoom(length)).buffer, 0, length);
  let at = 0;
  for (const piece of pieces) {
    chunk.set(piece, at);
    at += piece.length;
  }
  return chunk;
}
