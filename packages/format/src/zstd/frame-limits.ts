import type { ZstdFrameHeader } from "./codec.js";
import { ZstdFrameProblem } from "./frame-header.js";

/**
 * The most memory for windows that an archive can ask for. The highest level of the zstd command uses 128 MiB, so that
 * this refuses only frames that were made with `--long` beyond that.
 */
export const defaultMaxDecoderBytes: number = 256 * 1024 * 1024;

/** Holds frames to what the index promises, as far as their headers tell. */
export interface FrameLimits {
  check(header: ZstdFrameHeader): void;
}

export function createFrameLimits(
  size: number,
  maxDecoderBytes: number = defaultMaxDecoderBytes,
): FrameLimits {
  let declared = 0;
  return {
    check({ windowSize, contentSize = 0 }) {
      if (windowSize > maxDecoderBytes) {
        throw new ZstdFrameProblem(
          `a frame asks for a window of ${windowSize} bytes; the limit is ${maxDecoderBytes}`,
        );
      }
      declared += contentSize;
      if (declared > size) {
        throw new ZstdFrameProblem(
          `its frames declare ${declared} bytes or more, and the index promises ${size}`,
        );
      }
    },
  };
}
