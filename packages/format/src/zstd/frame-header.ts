import type { ZstdFrameHeader } from "./codec.js";

/** The largest block of any frame, stored or decompressed (RFC 8878, section 3.1.1.2.3). */
export const maxBlockBytes: number = 128 * 1024;

export const blockHeaderBytes = 3;
export const checksumBytes = 4;
export const skippableHeaderBytes = 8;

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;

/** A reason why bytes are no frame that can be decoded. */
export class ZstdFrameProblem extends Error {
  override readonly name = "ZstdFrameProblem";
}

/** A frame that may be good, and needs more memory than the caller allows. */
export class ZstdWindowProblem extends ZstdFrameProblem {}

/** Bytes that tell what a frame is and how long its header is: the magic number and the descriptor. */
export const frameStartBytes = 5;

/** What starts with these bytes, at least four. */
export function frameKind(bytes: Uint8Array): "frame" | "skippable" {
  const magic = uintLe(bytes, 0, 4);
  if (magic === frameMagic) return "frame";
  // Sixteen magic numbers: a frame of user data, to be skipped.
  if (magic - (magic % 16) === skippableMagic) return "skippable";
  throw new ZstdFrameProblem("there is something that is not a zstd frame");
}

/** How long a skippable frame's content is, from its header. */
export function skippableSize(bytes: Uint8Array): number {
  return uintLe(bytes, 4, 4);
}

/** Where the fields of a header lie, from its descriptor. */
function headerLayout(
  descriptor: number,
): Record<"dictionaryAt" | "sizeAt" | "sizeBytes" | "headerSize", number> {
  const singleSegment = isSingleSegment(descriptor);
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 1 << sizeFlag;
  const dictionaryAt = singleSegment ? 5 : 6;
  const sizeAt = dictionaryAt + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  return { dictionaryAt, sizeAt, sizeBytes, headerSize: sizeAt + sizeBytes };
}

function isSingleSegment(descriptor: number): boolean {
  return (descriptor & 0x20) !== 0;
}

/** How long the header is that starts with these bytes, at least {@link frameStartBytes}. */
export function frameHeaderSize(bytes: Uint8Array): number {
  return headerLayout(bytes[4] ?? 0).headerSize;
}

/** Reads the complete header that `bytes` begins with. */
export function parseFrameHeader(bytes: Uint8Array): ZstdFrameHeader {
  const descriptor = bytes[4] ?? 0;
  if ((descriptor & 0x08) !== 0) throw new ZstdFrameProblem("a frame uses a reserved bit");
  const { dictionaryAt, sizeAt, sizeBytes, headerSize } = headerLayout(descriptor);
  if (uintLe(bytes, dictionaryAt, sizeAt - dictionaryAt) !== 0) {
    throw new ZstdFrameProblem("a frame needs a dictionary, which archives do not have");
  }
  // Two bytes can hold 256 to 65791: smaller sizes have one byte.
  const contentSize =
    sizeBytes === 0 ? undefined : uintLe(bytes, sizeAt, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
  const windowSize = isSingleSegment(descriptor) ? (contentSize ?? 0) : windowFrom(bytes[5] ?? 0);
  return { headerSize, windowSize, contentSize, hasChecksum: (descriptor & 0x04) !== 0 };
}

function windowFrom(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

export type ZstdBlockType = "raw" | "rle" | "compressed";

/** What the header of a block says (RFC 8878, section 3.1.1.2). */
export interface ZstdBlockHeader {
  readonly type: ZstdBlockType;
  readonly last: boolean;
  /** `Block_Size`: of the content for raw and repeated bytes, of what is stored otherwise. */
  readonly size: number;
  /** Bytes that follow the header. */
  readonly storedSize: number;
}

/** Reads the three bytes of a block's header at `at`, and holds it to the frame's window. */
export function parseBlockHeader(bytes: Uint8Array, at: number, windowSize: number): ZstdBlockHeader {
  const bits = uintLe(bytes, at, blockHeaderBytes);
  const type = (["raw", "rle", "compressed"] as const)[(bits >> 1) & 3];
  const size = bits >> 3;
  if (type === undefined) throw new ZstdFrameProblem("a block has a reserved type");
  if (size > Math.min(windowSize, maxBlockBytes))
    throw new ZstdFrameProblem("a block is larger than blocks may be");
  return { type, last: (bits & 1) === 1, size, storedSize: type === "rle" ? 1 : size };
}

/** What a block holds at most, in bytes: exactly that unless it is compressed. */
export function mostBlockContent({ type, size }: ZstdBlockHeader, windowSize: number): number {
  return type === "compressed" ? Math.min(windowSize, maxBlockBytes) : size;
}

/** Little-endian; above 2^53 it is inexact, which no limit lets through. */
function uintLe(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
