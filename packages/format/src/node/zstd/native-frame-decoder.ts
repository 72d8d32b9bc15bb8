import type { ZstdFrameDecoder, ZstdFrameHeader, ZstdFrameStream } from "../../zstd/codec.js";
import { maxBlockBytes } from "../../zstd/frame-header.js";
import { createCollectingStream, isCollected } from "./collecting-stream.js";
import { createDecoderContexts } from "./decoder-contexts.js";
import type { DecoderContext } from "./decoder-contexts.js";
import { loadZstdBinding } from "./zstd-binding.js";

/** Content up to this size is decompressed to memory that is kept, where its size is not known before. */
const maxScratchBytes = 1024 * 1024;

/** One more than a block has: a call that fills all of it would have to be made again, to see whether there is more. */
const chunkBytes = maxBlockBytes + 1;

/**
 * zstd's own library, compiled. Only the calls that write to memory of ours: the one that allocates believes what the
 * frame's header claims.
 */
export async function loadNativeFrameDecoder(): Promise<ZstdFrameDecoder | undefined> {
  const binding = loadZstdBinding();
  if (binding === undefined) return undefined;
  const contexts = createDecoderContexts(binding);
  // Needs no window: all of the content is there.
  const whole = contexts.take();
  let scratch = new Uint8Array(0);
  let chunk: Buffer | undefined;

  /** The content that is in the chunk, which is given away when it is more or less filled by it. */
  function taken(size: number, from: Buffer): Uint8Array {
    if (2 * size < from.length) return new Uint8Array(from.subarray(0, size));
    chunk = undefined;
    return from.subarray(0, size);
  }

  const decodeFrame: ZstdFrameDecoder["decodeFrame"] = (frame, { contentSize }, maxBytes) => {
    const room = Math.min(contentSize ?? maxBytes, maxBytes);
    if (contentSize !== undefined || room > maxScratchBytes) {
      const target = Buffer.allocUnsafeSlow(room);
      return target.subarray(0, whole.decompress(target, frame));
    }
    // Blocks may hold far less than they could: there is no new memory for what they could for each small frame.
    if (scratch.length < room) scratch = new Uint8Array(room);
    return scratch.slice(0, whole.decompress(scratch.subarray(0, room), frame));
  };

  function stream({ windowSize }: ZstdFrameHeader): ZstdFrameStream {
    let context: DecoderContext | undefined = contexts.take();
    return {
      *push(piece) {
        let rest = piece;
        for (;;) {
          // It may be closed between two chunks.
          if (context === undefined) return;
          const target = (chunk ??= Buffer.allocUnsafeSlow(chunkBytes));
          const [, produced, consumed] = context.decompressStream(target, rest);
          rest = rest.subarray(consumed);
          if (produced > 0) yield taken(produced, target);
          if (rest.length === 0 && produced < target.length) return;
        }
      },
      close() {
        if (context !== undefined) contexts.giveBack(context, windowSize);
        context = undefined;
      },
    };
  }

  return {
    name: "zstd-napi",
    decodeFrame,
    decodeFrameInto: (target, frame) => whole.decompress(target, frame),
    startFrame(header, maxBytes) {
      // Without a window that everything is copied through: that is a seventh of the time for frames of this package.
      return isCollected(header)
        ? createCollectingStream(header, {
            decode: (frame) => decodeFrame(frame, header, maxBytes),
            stream: () => stream(header),
          })
        : stream(header);
    },
  };
}
