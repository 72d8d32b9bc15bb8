import type { ZstdFrameHeader } from "./codec.js";
import {
  blockHeaderBytes,
  checksumBytes,
  frameHeaderSize,
  frameKind,
  frameStartBytes,
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
}

/**
 * The frames that `stored` consists of, as views, without the skippable ones. Everything that can be known without
 * decompressing is checked before a frame is given out: throws {@link ZstdFrameProblem}.
 */
export function* splitFrames(stored: Uint8Array, limits: FrameLimits): Generator<ZstdFrame, void, undefined> {
  let rest = stored;
  while (rest.length > 0) {
    need(rest, frameStartBytes);
    if (frameKind(rest) === "skippable") {
      need(rest, skippableHeaderBytes);
      const length = skippableHeaderBytes + skippableSize(rest);
      need(rest, length);
      rest = rest.subarray(length);
      continue;
    }
    need(rest, frameHeaderSize(rest));
    const header = parseFrameHeader(rest);
    limits.check(header);
    const length = frameLength(rest, header);
    yield { header, bytes: rest.subarray(0, length) };
    rest = rest.subarray(length);
  }
}

function frameLength(bytes: Uint8Array, { headerSize, windowSize, hasChecksum }: ZstdFrameHeader): number {
  let at = headerSize;
  let last = false;
  while (!last) {
    need(bytes, at + blockHeaderBytes);
    const block = parseBlockHeader(bytes, at, windowSize);
    at += blockHeaderBytes + block.storedSize;
    last = block.last;
  }
  if (hasChecksum) at += checksumBytes;
  need(bytes, at);
  return at;
}

function need(bytes: Uint8Array, length: number): void {
  if (bytes.length < length) throw truncated();
}

export function truncated(): ZstdFrameProblem {
  return new ZstdFrameProblem("it ends in the middle of a frame");
}
