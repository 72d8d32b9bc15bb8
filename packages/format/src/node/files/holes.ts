/** Shorter runs of zeros are written: a hole saves nothing below this, and costs a call. */
export const holeBytes: number = 64 * 1024;

const zeros = Buffer.alloc(holeBytes);

/** Bytes to be written one after another, from a place of the file on. */
export interface Stretch {
  readonly position: number;
  readonly pieces: readonly Uint8Array[];
}

/**
 * What has to be written of chunks that go to this position of a new file: all but blocks of {@link holeBytes}, aligned
 * in the file, that are zero. Where nothing is written a file reads as zeros. The pieces are views of the chunks.
 */
export function* withoutHoles(
  position: number,
  chunks: readonly Uint8Array[],
): Generator<Stretch, void, undefined> {
  let start = position;
  let pieces: Uint8Array[] = [];
  let at = position;
  for (const { size, parts } of blocksOf(position, chunks)) {
    if (size === holeBytes && parts.every(isZero)) {
      if (pieces.length > 0) yield { position: start, pieces };
      pieces = [];
      start = at + size;
    } else {
      for (const part of parts) append(pieces, part);
    }
    at += size;
  }
  if (pieces.length > 0) yield { position: start, pieces };
}

interface Block {
  readonly size: number;
  readonly parts: readonly Uint8Array[];
}

/** Cuts chunks where a block of the file ends. */
function* blocksOf(position: number, chunks: readonly Uint8Array[]): Generator<Block, void, undefined> {
  let left = holeBytes - (position % holeBytes);
  let parts: Uint8Array[] = [];
  let size = 0;
  for (const chunk of chunks) {
    for (let from = 0; from < chunk.length;) {
      const part = chunk.subarray(from, from + left);
      parts.push(part);
      size += part.length;
      from += part.length;
      left -= part.length;
      if (left > 0) continue;
      yield { size, parts };
      parts = [];
      size = 0;
      left = holeBytes;
    }
  }
  if (size > 0) yield { size, parts };
}

function isZero(bytes: Uint8Array): boolean {
  // Nearly everything else is seen at a glance.
  if (bytes[0] !== 0 || bytes.at(-1) !== 0) return false;
  return zeros.subarray(0, bytes.length).equals(bytes);
}

/** Adds a piece, which may be the continuation of the last one. */
function append(pieces: Uint8Array[], piece: Uint8Array): void {
  const last = pieces.at(-1);
  if (last?.buffer === piece.buffer && last.byteOffset + last.length === piece.byteOffset) {
    pieces[pieces.length - 1] = new Uint8Array(last.buffer, last.byteOffset, last.length + piece.length);
  } else {
    pieces.push(piece);
  }
}
