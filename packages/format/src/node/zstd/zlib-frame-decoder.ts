import type { ZstdFrameDecoder } from "../../zstd/codec.js";
import { createCollectingStream, isCollected } from "./collecting-stream.js";
import { windowLogMax } from "./decoder-contexts.js";
import { zlibZstd } from "./node-zlib.js";

/** What a window is hardly worth thinking about, in bytes. */
const smallWindowBytes = 1024 * 1024;

/**
 * Node's own, from 22.15 on: one frame for each call, because some versions drop all but the first, and only sync
 * calls. It has no sync streams, so large frames are streamed by another decoder; and each call allocates the window
 * that the frame asks for, so that frames which could not fill theirs are left to that decoder, too.
 */
export function createZlibFrameDecoder(streaming: ZstdFrameDecoder): ZstdFrameDecoder | undefined {
  const zlib = zlibZstd();
  if (zlib === undefined) return undefined;
  const decodeFrame: ZstdFrameDecoder["decodeFrame"] = (frame, header, maxBytes) => {
    const { contentSize, windowSize } = header;
    if (contentSize === undefined && windowSize > Math.max(maxBytes, smallWindowBytes)) {
      return streaming.decodeFrame(frame, header, maxBytes);
    }
    return zlib.zstdDecompressSync(frame, {
      // Zero is refused; that the content is too long is found out by whoever compares it with its promised size.
      maxOutputLength: Math.max(1, maxBytes),
      params: { [zlib.constants.ZSTD_d_windowLogMax]: windowLogMax },
      ...(contentSize !== undefined && { chunkSize: outputRoom(Math.min(contentSize, maxBytes)) }),
    });
  };
  return {
    name: "node:zlib",
    decodeFrame,
    startFrame(header, maxBytes) {
      if (!isCollected(header)) return streaming.startFrame(header, maxBytes);
      return createCollectingStream(header, {
        decode: (frame) => decodeFrame(frame, header, maxBytes),
        stream: () => streaming.startFrame(header, maxBytes),
      });
    },
  };
}

/**
 * The memory that `node:zlib` is to take at a time for content of a known size: one piece that it does not fill, instead
 * of many that it joins. Twice as fast for 4 MiB.
 */
function outputRoom(size: number): number {
  return size + 64;
}
