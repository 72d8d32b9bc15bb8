import type { ZstdFrameHeader } from "./codec.js";
import {
  blockHeaderBytes,
  checksumBytes,
  frameHeaderSize,
  frameKind,
  frameStartBytes,
  mostBlockContent,
  parseBlockHeader,
  parseFrameHeader,
  skippableHeaderBytes,
  skippableSize,
  ZstdFrameProblem,
} from "./frame-header.js";
import type { FrameLimits } from "./frame-limits.js";

/** One complete frame. */
export interface ZstdFrame {
  readonly header: ZstdFrameHeader;
  readonly bytes: Uint8Array;
  readonly blocks: number;
  /** What its blocks, or what it declares, let its content be at most: memory for more is never needed. */
  readonly mostContent: number;
}

/**
 * The frames that `stored` consists of, as views, without the skippable ones. Everything that can be known without
 * decompressing is checked before a frame is given out: throws {@link ZstdFrameProblem}. The limits are to be told what
 * came out of a frame before the next one is asked for.
 */
export function* splitFrames(stored: Uint8Array, limits: FrameLimits): Generator<ZstdFrame, void, undefined> {
  limits.stored(stored.length);
  let rest = stored;
  while (rest.length > 0) {
    need(rest, frameStartBytes);
    if (frameKind(rest) === "skippable") {
      need(rest, skippableHeaderBytes);
      const length = skippableHeaderBytes + skippableSize(rest);
      need(rest, length);
      limits.skippable(length);
      rest = rest.subarray(length);
      continue;
    }
    need(rest, frameHeaderSize(rest));
    const header = parseFrameHeader(rest);
    limits.frame(header);
    const frame = measureFrame(rest, header, limits);
    yield frame;
    rest = rest.subarray(frame.bytes.length);
  }
}

function measureFrame(bytes: Uint8Array, header: ZstdFrameHeader, limits: FrameLimits): ZstdFrame {
  const { headerSize, windowSize, contentSize, hasChecksum } = header;
  let at = headerSize;
  let blocks = 0;
  let most = 0;
  for (let last = false; !last;) {
    need(bytes, at + blockHeaderBytes);
    const block = parseBlockHeader(bytes, at, windowSize);
    const content = mostBlockContent(block, windowSize);
    limits.block(content);
    at += blockHeaderBytes + block.storedSize;
    most += content;
    blocks += 1;
    last = block.last;
  }
  if (hasChecksum) at += checksumBytes;
  need(bytes, at);
  return {
    header,
    bytes: bytes.subarray(0, at),
    blocks,
    mostContent: Math.min(most, contentSize ?? most),
  };
}

function need(bytes: Uint8Array, length: number): void {
  if (bytes.length < length) throw truncated();
}

export function truncated(): ZstdFrameProblem {
  return new ZstdFrameProblem("it ends in the middle of a frame");
}
