import type { ZstdFrameHeader } from "./codec.js";
import { maxBlockBytes, ZstdFrameProblem, ZstdWindowProblem } from "./frame-header.js";

/**
 * The most memory for windows that an archive can ask for. The highest level of the zstd command uses 128 MiB, so that
 * this refuses only frames that were made with `--long` beyond that.
 */
export const defaultMaxDecoderBytes: number = 256 * 1024 * 1024;

/** Frames of a file, skippable ones included, that need not bring anything. */
const freeFrames = 512;

/** Content that each frame beyond those has to bring on average. pzstd brings 50 KB at the least. */
const bytesPerFrame = 1024;

/** The same for blocks, of which encoders make smaller ones only when they are flushed for every few bytes. */
const freeBlocks = 512;
const bytesPerBlock = 128;

/** What may be stored beyond the content, in bytes: of user data in skippable frames, and in all. */
const freeStoredBytes = 64 * 1024;

/** A further part of the content: headers of blocks and frames of the sizes above take as much. */
const storedShare = 1 / 16;

/**
 * Blocks of a stream whose content is not there yet may be believed to hold this much: decoders that take whole frames
 * keep no more of one.
 */
const maxBelievedBytes = 4 * 1024 * 1024;

/** The smallest block, which repeats a byte, and the smallest header of a frame, in bytes. */
const smallestBlockBytes = 4;
const smallestHeaderBytes = 6;

/**
 * The one place that holds what is stored for a file to what the index promises. Every decoder goes through it, whichever
 * library does the work, and reports what it sees, before it decodes that, and what came out. Work and memory are
 * proportional to content that is really there. For a file of `size` bytes:
 *
 * - at most `size` bytes of content, and of content that frames declare;
 * - at most 512 frames, and one more for each 1,024 bytes of the content so far; skippable and empty ones count;
 * - at most 512 blocks, and one more for each 128 bytes of the content so far; empty ones count;
 * - at most 64 KiB of skippable frames, and a sixteenth of the content so far;
 * - at most `size` + `size` / 16 + 64 KiB stored bytes, which is above `ZSTD_COMPRESSBOUND` for frames of all these sizes;
 * - at least 4 stored bytes for each 128 KiB of content, as no frame holds more.
 *
 * Files are mostly one frame (Go), frames of 4 MiB (this package) or a fixed size (pzstd), each with a skippable one before
 * it: those of 2 KiB and more always fit. All functions throw {@link ZstdFrameProblem}.
 */
export interface FrameLimits {
  /** Before a frame is decoded. */
  frame(header: ZstdFrameHeader): void;
  /** Before a skippable frame is skipped: its bytes in all. */
  skippable(bytes: number): void;
  /** Before a block is decoded: what it holds at most. */
  block(mostContent: number): void;
  /** So many more stored bytes were seen. */
  stored(bytes: number): void;
  /** So many more bytes of content came out of the blocks before. */
  content(bytes: number): void;
  /** Nothing follows. */
  end(): void;
}

export interface FrameLimitOptions {
  /** Default: {@link defaultMaxDecoderBytes}. */
  readonly maxDecoderBytes?: number | undefined;
  /** Whether a frame is decoded when all of its blocks were seen, however large it is. */
  readonly wholeFrames: boolean;
}

export function createFrameLimits(
  size: number,
  { maxDecoderBytes = defaultMaxDecoderBytes, wholeFrames }: FrameLimitOptions,
): FrameLimits {
  const mostBelieved = wholeFrames ? Number.POSITIVE_INFINITY : maxBelievedBytes;
  let declared = 0;
  let frames = 0;
  let blocks = 0;
  let skipped = 0;
  let stored = 0;
  let content = 0;
  /** What the blocks since the last content may hold. */
  let believed = 0;

  function countFrame(): void {
    frames += 1;
    if (frames <= freeFrames + content / bytesPerFrame) return;
    throw new ZstdFrameProblem(
      `it has more than ${freeFrames} frames and one for each ${bytesPerFrame} bytes of content; store it again in larger ones`,
    );
  }

  return {
    frame({ windowSize, contentSize = 0 }) {
      declared += contentSize;
      if (declared > size) {
        throw new ZstdFrameProblem(
          `its frames declare ${declared} bytes or more, and the index promises ${size}`,
        );
      }
      if (windowSize > maxDecoderBytes) {
        throw new ZstdWindowProblem(
          `a frame asks for a window of ${windowSize} bytes; the limit is ${maxDecoderBytes}: ` +
            "raise limits.maxDecoderBytes to read it",
        );
      }
      countFrame();
    },
    skippable(bytes) {
      countFrame();
      skipped += bytes;
      if (skipped <= freeStoredBytes + content * storedShare) return;
      throw new ZstdFrameProblem(
        `it has ${skipped} bytes or more in frames that are skipped, which is too much for its content`,
      );
    },
    block(mostContent) {
      blocks += 1;
      const known = content + Math.min(believed, mostBelieved);
      believed += mostContent;
      if (blocks <= freeBlocks + Math.min(known, size) / bytesPerBlock) return;
      throw new ZstdFrameProblem(
        `it has more than ${freeBlocks} blocks and one for each ${bytesPerBlock} bytes of content; store it again in larger ones`,
      );
    },
    stored(bytes) {
      stored += bytes;
      checkMostStored(stored, size);
    },
    content(bytes) {
      believed = 0;
      content += bytes;
      if (content > size) {
        throw new ZstdFrameProblem(`there is more than the ${size} bytes that the index promises`);
      }
    },
    end() {
      if (content === size) return;
      throw new ZstdFrameProblem(`there are ${content} bytes, and the index promises ${size}`);
    },
  };
}

/**
 * The same limits as far as an index alone breaks them, before anything is read or allocated for a file. Throws
 * {@link ZstdFrameProblem}.
 */
export function checkStoredSize(storedSize: number, size: number): void {
  const problem = storedSizeProblem(storedSize, size);
  if (problem !== undefined) throw new ZstdFrameProblem(problem);
}

/** Why so much content cannot be stored in so many bytes; `undefined` when it can be. */
export function storedSizeProblem(storedSize: number, size: number): string | undefined {
  if (storedSize > mostStored(size)) return tooMuchStored(storedSize, size);
  const least = size === 0 ? 0 : smallestHeaderBytes + smallestBlockBytes * Math.ceil(size / maxBlockBytes);
  if (storedSize >= least) return undefined;
  return `the index promises ${size} bytes, which no frame holds in the ${storedSize} that are stored`;
}

function checkMostStored(stored: number, size: number): void {
  if (stored > mostStored(size)) throw new ZstdFrameProblem(tooMuchStored(stored, size));
}

function mostStored(size: number): number {
  return size + size * storedShare + freeStoredBytes;
}

function tooMuchStored(stored: number, size: number): string {
  return `${stored} bytes or more are stored, far more than the ${size} that the index promises can take`;
}
