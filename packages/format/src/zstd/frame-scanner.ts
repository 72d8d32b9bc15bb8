import type { ZstdFrameHeader } from "./codec.js";
import { truncated } from "./frame.js";
import {
  blockHeaderBytes,
  checksumBytes,
  frameHeaderSize,
  frameKind,
  frameStartBytes,
  maxBlockBytes,
  mostBlockContent,
  parseBlockHeader,
  parseFrameHeader,
  skippableHeaderBytes,
  skippableSize,
} from "./frame-header.js";
import type { FrameLimits } from "./frame-limits.js";

/**
 * A piece of a frame, as `ZstdFrameStream` wants them, whose `bytes` are valid until the next piece is asked for; or the
 * news that a skippable frame has begun.
 */
export type ZstdPiece =
  | {
      readonly kind: "block" | "checksum" | "header";
      readonly bytes: Uint8Array;
      readonly header: ZstdFrameHeader;
      /** Whether the frame ends with it. */
      readonly last: boolean;
    }
  | { readonly kind: "skippable" };

/** Cuts frames into pieces, however the bytes arrive. Keeps at most one block. */
export interface FrameScanner {
  /** The pieces that the next bytes complete, lazily: to be read to the end before the next call. */
  push(chunk: Uint8Array): Generator<ZstdPiece, void, undefined>;
  /** Throws unless the bytes ended between two frames. */
  end(): void;
}

/** What comes next. */
type State =
  | { readonly next: "block" | "checksum"; readonly header: ZstdFrameHeader }
  | { readonly next: "frame" }
  | { readonly next: "skip"; readonly bytes: number };

/** What is done with the bytes at hand: more of them are needed, or these are used up. */
type Step = { readonly wanted: number } | { readonly state: State; readonly piece: ZstdPiece };

/**
 * The incremental form of `splitFrames`: the same checks, but pieces of a frame are given out before the rest of it was
 * seen. The limits are to be told what came out of a piece before the next one is asked for. Throws `ZstdFrameProblem`.
 */
export function createFrameScanner(limits: FrameLimits): FrameScanner {
  /** A piece that did not arrive in one chunk. Grows to what is needed: most archives have small blocks. */
  let held: Uint8Array = new Uint8Array(64);
  let heldBytes = 0;
  let state: State = { next: "frame" };
  let wanted = frameStartBytes;

  function hold(bytes: Uint8Array): void {
    if (held.length < wanted) {
      const larger = new Uint8Array(Math.min(2 * wanted, blockHeaderBytes + maxBlockBytes));
      larger.set(held.subarray(0, heldBytes));
      held = larger;
    }
    held.set(bytes, heldBytes);
    heldBytes += bytes.length;
  }

  return {
    *push(chunk) {
      limits.stored(chunk.length);
      let at = 0;
      for (;;) {
        if (state.next === "skip") {
          const skipped = Math.min(state.bytes, chunk.length - at);
          at += skipped;
          state = state.bytes > skipped ? { next: "skip", bytes: state.bytes - skipped } : { next: "frame" };
          if (state.next === "skip") return;
        }
        const available = chunk.subarray(at, at + wanted - heldBytes);
        at += available.length;
        const isWhole = heldBytes === 0 && available.length === wanted;
        if (!isWhole) hold(available);
        if (!isWhole && heldBytes < wanted) return;
        const bytes = isWhole ? available : held.subarray(0, heldBytes);
        const step = advance(state, bytes, limits);
        if ("wanted" in step) {
          wanted = step.wanted;
          // Taken again together with what follows, which needs no copy when all of it is here.
          if (isWhole) at -= bytes.length;
          continue;
        }
        heldBytes = 0;
        state = step.state;
        wanted = firstWanted(state);
        yield step.piece;
      }
    },
    end() {
      if (state.next !== "frame" || heldBytes > 0) throw truncated();
    },
  };
}

function firstWanted(state: State): number {
  switch (state.next) {
    case "block":
      return blockHeaderBytes;
    case "checksum":
      return checksumBytes;
    case "frame":
    case "skip":
      return frameStartBytes;
  }
}

function advance(state: State, bytes: Uint8Array, limits: FrameLimits): Step {
  switch (state.next) {
    case "block":
      return takeBlock(bytes, state.header, limits);
    case "checksum":
      return {
        state: { next: "frame" },
        piece: { kind: "checksum", bytes, header: state.header, last: true },
      };
    case "frame":
    case "skip":
      return takeFrameStart(bytes, limits);
  }
}

function takeFrameStart(bytes: Uint8Array, limits: FrameLimits): Step {
  if (frameKind(bytes) === "skippable") {
    if (bytes.length < skippableHeaderBytes) return { wanted: skippableHeaderBytes };
    const size = skippableSize(bytes);
    limits.skippable(skippableHeaderBytes + size);
    return { state: { next: "skip", bytes: size }, piece: { kind: "skippable" } };
  }
  const size = frameHeaderSize(bytes);
  if (bytes.length < size) return { wanted: size };
  const header = parseFrameHeader(bytes);
  limits.frame(header);
  return { state: { next: "block", header }, piece: { kind: "header", bytes, header, last: false } };
}

function takeBlock(bytes: Uint8Array, header: ZstdFrameHeader, limits: FrameLimits): Step {
  const block = parseBlockHeader(bytes, 0, header.windowSize);
  const size = blockHeaderBytes + block.storedSize;
  if (bytes.length < size) return { wanted: size };
  limits.block(mostBlockContent(block, header.windowSize));
  const last = block.last && !header.hasChecksum;
  const next = block.last ? (header.hasChecksum ? "checksum" : "frame") : "block";
  return {
    state: next === "frame" ? { next } : { next, header },
    piece: { kind: "block", bytes, header, last },
  };
}
