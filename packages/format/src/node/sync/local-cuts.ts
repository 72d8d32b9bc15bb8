import { nextTurn } from "@blob/core/concurrency";

import type { FileChunks } from "../../entry.js";
import { createContentCutter, isCutAverage } from "../chunks/content-cuts.js";
import { readAt } from "../files/read-at.js";
import type { OpenFile } from "./hash-parts.js";

/** The sizes of the parts of a file from a place on, which is the beginning of one, when it is cut as an archive's is. */
export function localCuts(
  file: OpenFile,
  { boundaries, chunkSize }: FileChunks,
  from: number,
  end: number,
): Iterable<number> | AsyncIterable<number> {
  if (boundaries === "fixed") return equalSizes(chunkSize, from, end);
  // Whoever cuts in another way gets what did not move.
  return isCutAverage(chunkSize) ? contentCuts(file, chunkSize, from, end) : [];
}

function* equalSizes(chunkSize: number, from: number, end: number): Generator<number, void, undefined> {
  for (let at = from; at < end; at += chunkSize) yield Math.min(chunkSize, end - at);
}

/** So much is looked at before other work of the process gets a turn: some milliseconds. */
const pieceBytes = 1024 * 1024;

async function* contentCuts(
  { handle }: OpenFile,
  average: number,
  from: number,
  end: number,
): AsyncGenerator<number, void, undefined> {
  const cutter = createContentCutter(average);
  const buffer = Buffer.allocUnsafeSlow(Math.min(pieceBytes, end - from));
  let begin = from;
  let at = from;
  while (at < end) {
    const wanted = buffer.subarray(0, Math.min(buffer.length, end - at));
    const piece = wanted.subarray(0, await readAt(handle, wanted, at));
    for (let cut = cutter.cutIn(piece, 0); cut >= 0 && piece.length > 0; cut = cutter.cutIn(piece, cut)) {
      yield at + cut - begin;
      begin = at + cut;
    }
    at += piece.length;
    if (piece.length < wanted.length) break;
    await nextTurn();
  }
  if (at > begin) yield at - begin;
}
