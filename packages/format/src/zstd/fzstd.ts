import { Decompress } from "fzstd";

import type { ZstdDecoder, ZstdFrameDecoder, ZstdFrameHeader, ZstdFrameStream } from "./codec.js";
import { createZstdDecoder } from "./decoder.js";

/** Decodes with fzstd: plain JavaScript. It does not check frame checksums; the hash in the index is what counts. */
export const fzstdFrames: ZstdFrameDecoder = {
  name: "fzstd",
  decodeFrame(frame, _header, maxBytes) {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const stream = new Decompress((chunk) => {
      size += chunk.length;
      if (size > maxBytes) throw new RangeError("too much");
      chunks.push(chunk);
    });
    stream.push(frame, true);
    const whole = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  },
  startFrame(_header: ZstdFrameHeader): ZstdFrameStream {
    let chunks: Uint8Array[] = [];
    const stream = new Decompress((chunk) => chunks.push(chunk));
    return {
      push(piece) {
        chunks = [];
        stream.push(piece);
        return chunks;
      },
    };
  },
};

export const portableZstdDecoder: ZstdDecoder = createZstdDecoder(fzstdFrames);
