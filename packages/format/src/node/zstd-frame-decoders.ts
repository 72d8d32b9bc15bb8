import type { ZstdFrameDecoder, ZstdFrameHeader, ZstdFrameStream } from "../zstd/codec.js";
import { zlibZstd } from "./node-zlib.js";
import { loadZstdBinding } from "./zstd-binding.js";

/**
 * The libraries refuse windows above 128 MiB unless they are told otherwise. How large a window may be was checked
 * before they see a frame, so they are told that anything goes.
 */
export const windowLogMax = 31;

/**
 * Frames up to this size are collected and decompressed at once, which is a third faster: those that this package
 * writes are half as large.
 */
const maxCollectedBytes = 8 * 1024 * 1024;

/** What a stream gives at a time, at most. */
const chunkBytes = 128 * 1024;

/**
 * zstd's own library, compiled. Only the calls that write to memory of ours: the one that allocates believes what the
 * frame's header claims.
 */
export async function loadNativeFrameDecoder(): Promise<ZstdFrameDecoder | undefined> {
  const binding = loadZstdBinding();
  if (binding === undefined) return undefined;
  const createContext = (): InstanceType<typeof binding.DCtx> => {
    const context = new binding.DCtx();
    context.setParameter(binding.DParameter.windowLogMax, windowLogMax);
    return context;
  };
  const shared = createContext();
  const decodeFrame: ZstdFrameDecoder["decodeFrame"] = (frame, header, maxBytes) => {
    const target = Buffer.allocUnsafeSlow(Math.min(header.contentSize ?? maxBytes, maxBytes));
    return target.subarray(0, shared.decompress(target, frame));
  };
  return {
    name: "zstd-napi",
    decodeFrame,
    startFrame(header, maxBytes) {
      const { contentSize = Number.POSITIVE_INFINITY } = header;
      if (contentSize <= maxCollectedBytes) {
        return createCollectingStream(header, (frame) => decodeFrame(frame, header, maxBytes));
      }
      const context = createContext();
      return {
        *push(piece) {
          let rest = piece;
          for (;;) {
            const target = Buffer.allocUnsafeSlow(chunkBytes);
            const [, produced, consumed] = context.decompressStream(target, rest);
            rest = rest.subarray(consumed);
            if (produced > 0) yield target.subarray(0, produced);
            if (rest.length === 0 && produced < target.length) return;
          }
        },
      };
    },
  };
}

/**
 * Node's own, from 22.15 on: one frame for each call, because some versions drop all but the first, and only sync
 * calls. It has no sync streams, so large frames are streamed by another decoder.
 */
export function createZlibFrameDecoder(streaming: ZstdFrameDecoder): ZstdFrameDecoder | undefined {
  const zlib = zlibZstd();
  if (zlib === undefined) return undefined;
  const decodeFrame: ZstdFrameDecoder["decodeFrame"] = (frame, { contentSize }, maxBytes) =>
    zlib.zstdDecompressSync(frame, {
      // Zero is refused; that the content is too long is found out by whoever compares it with its promised size.
      maxOutputLength: Math.max(1, maxBytes),
      params: { [zlib.constants.ZSTD_d_windowLogMax]: windowLogMax },
      ...(contentSize !== undefined && { chunkSize: outputRoom(Math.min(contentSize, maxBytes)) }),
    });
  return {
    name: "node:zlib",
    decodeFrame,
    startFrame(header, maxBytes) {
      const { contentSize = Number.POSITIVE_INFINITY } = header;
      if (contentSize > maxCollectedBytes) return streaming.startFrame(header, maxBytes);
      return createCollectingStream(header, (frame) => decodeFrame(frame, header, maxBytes));
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

/** Collects the pieces of a frame, and decodes it when the last one is there. */
function createCollectingStream(
  { hasChecksum }: ZstdFrameHeader,
  decode: (frame: Uint8Array) => Uint8Array,
): ZstdFrameStream {
  const pieces: Uint8Array[] = [];
  let size = 0;
  let blocksLeft = true;
  return {
    *push(piece) {
      // A block's first bit says whether it is the last one (RFC 8878, section 3.1.1.2); the header comes before it.
      const isLastBlock = pieces.length > 0 && blocksLeft && ((piece[0] ?? 0) & 1) === 1;
      const isEnd = hasChecksum ? !blocksLeft : isLastBlock;
      if (isLastBlock) blocksLeft = false;
      size += piece.length;
      // Content grows by a few bytes for a block at most, unless blocks are empty without end.
      if (size > 2 * maxCollectedBytes) throw new Error("The frame is far longer than its content");
      pieces.push(piece.slice());
      if (!isEnd) return;
      const content = decode(Buffer.concat(pieces.splice(0)));
      for (let at = 0; at < content.length; at += chunkBytes) yield content.subarray(at, at + chunkBytes);
    },
  };
}
