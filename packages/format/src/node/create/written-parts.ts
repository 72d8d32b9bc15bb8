import type { FileCuts } from "../../index-codec/file-cuts.js";
import type { Cutting } from "./chunk-sizes.js";
import type { StagedPiece } from "./stage-files.js";

/** The parts of one large file, as they are written one after another. */
export interface WrittenParts {
  /** Of the content so far, in bytes. */
  readonly size: number;
  readonly storedSize: number;
  add(part: Extract<StagedPiece, { kind: "part" }>): void;
  /**
   * How the file is cut, once all of its parts are there. Each part of a file that is compressed, or is cut where its
   * content says, is one chunk.
   */
  cuts(row: number, cutting: Cutting, isCompressed: boolean): FileCuts;
}

export function createWrittenParts(): WrittenParts {
  const hashes: Uint8Array[] = [];
  const sizes: number[] = [];
  const storedSizes: number[] = [];
  let size = 0;
  let storedSize = 0;
  return {
    get size() {
      return size;
    },
    get storedSize() {
      return storedSize;
    },
    add(part) {
      hashes.push(part.hashes);
      sizes.push(part.size);
      storedSizes.push(part.bytes.length);
      size += part.size;
      storedSize += part.bytes.length;
    },
    cuts: (row, { chunkBytes, byContent }, isCompressed) => ({
      row,
      chunkSize: chunkBytes,
      hashes: Buffer.concat(hashes),
      storedSizes: isCompressed ? Uint32Array.from(storedSizes) : undefined,
      sizes: byContent ? Uint32Array.from(sizes) : undefined,
    }),
  };
}
