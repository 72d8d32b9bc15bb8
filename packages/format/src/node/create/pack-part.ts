import { createHash, hash } from "node:crypto";

import { hashBytes } from "../../index-codec/index-schema.js";
import type { ZstdEncoder } from "../../zstd/codec.js";
import { createFrameCompressor } from "./compress-frame.js";

/** What becomes of a part of a large file. Plain data: it is sent to worker threads. */
export interface PartUse {
  readonly compress: boolean;
  /** The part is chunks of this size, the last one may be shorter; without it, nothing is said of chunks. */
  readonly chunkBytes: number | undefined;
  /** Whether the file that the part is of is hashed with it: see {@link PartPacker.fileHash}. Default: it is not. */
  readonly inFile?: "first" | "later" | undefined;
}

/** A part of a large file as it is stored. Owns its buffers. */
export interface PackedPart {
  /** One frame, or the part itself. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** SHA-256 of the content of each chunk in it, 32 bytes each. */
  readonly hashes: Uint8Array<ArrayBuffer>;
}

export interface PartPacker {
  /** Takes the part's memory. */
  pack(part: Uint8Array<ArrayBuffer>, use: PartUse): PackedPart;
  /** SHA-256 of the content of the file whose parts, from the first one on, were the last ones that were given. */
  fileHash(): Uint8Array<ArrayBuffer>;
}

export function createPartPacker(encoder: ZstdEncoder | undefined, level: number): PartPacker {
  const compress = encoder === undefined ? undefined : createFrameCompressor(encoder, level);
  let file = createHash("sha256");
  return {
    pack(part, use) {
      // Before its memory is used for the frame.
      const hashes = hashChunks(part, use.chunkBytes);
      if (use.inFile === "first") file = createHash("sha256");
      if (use.inFile !== undefined) file.update(part);
      return { bytes: use.compress && compress !== undefined ? compress(part) : part, hashes };
    },
    fileHash() {
      const whole = file;
      file = createHash("sha256");
      // Not in memory that Node shares with others: it is sent to another thread.
      return new Uint8Array(whole.digest());
    },
  };
}

function hashChunks(part: Uint8Array, chunkBytes: number | undefined): Uint8Array<ArrayBuffer> {
  const count = chunkBytes === undefined ? 0 : Math.ceil(part.length / chunkBytes);
  const hashes = Buffer.from(new ArrayBuffer(hashBytes * count));
  for (let index = 0; index < count; index++) {
    const from = index * (chunkBytes ?? 0);
    const content = part.subarray(from, from + (chunkBytes ?? 0));
    hashes.write(hash("sha256", content, "hex"), hashBytes * index, "hex");
  }
  return hashes;
}
