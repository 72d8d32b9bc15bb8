import { createHash } from "node:crypto";
import { Builder } from "flatbuffers";
import { chunkedFileSlots, indexSlots } from "../index-codec/index-schema.js";

/** Fields of an entry as they are written, right or wrong. What is `undefined` is left out. */
export interface RawEntry {
  readonly path?: Uint8Array | string | undefined;
  readonly dataOffset?: bigint | undefined;
  readonly dataSize?: bigint | undefined;
  readonly originalSize?: bigint | undefined;
  readonly hash?: Uint8Array | undefined;
  readonly mode?: number | undefined;
  readonly mtimeNs?: bigint | undefined;
  readonly compression?: number | undefined;
  /** Writes fields that no version of the format has yet. */
  readonly extraFields?: boolean | undefined;
}

/** How a file is cut, right or wrong. What is `undefined` is left out. */
export interface RawChunkedFile {
  readonly entry?: number | undefined;
  readonly chunkSize?: number | undefined;
  readonly hashes?: Uint8Array | undefined;
  readonly storedSizes?: readonly number[] | undefined;
  readonly sizes?: readonly number[] | undefined;
  /** Default: the right one. */
  readonly sizesHash?: Uint8Array | undefined;
}

export interface RawIndex {
  readonly version?: number | undefined;
  readonly hashAlgorithm?: number | undefined;
  readonly entries?: readonly RawEntry[] | undefined;
  readonly dataSize?: bigint | undefined;
  readonly dataHash?: Uint8Array | undefined;
  /** Hashes that are the same object share their bytes. */
  readonly chunkedFiles?: readonly RawChunkedFile[] | undefined;
  /** Writes something into every slot between those that have a meaning. */
  readonly extraFields?: boolean | undefined;
}

const someHash = new Uint8Array(32).fill(0xab);

/** The bytes of an index that says whatever it is told to, in the order it is told. */
export function rawIndex(index: RawIndex): Uint8Array {
  const builder = new Builder(1024);
  const offsets = index.entries?.map((entry) => addRawEntry(builder, entry));
  const vector = offsets === undefined ? 0 : addOffsets(builder, offsets);
  const dataHash = index.dataHash === undefined ? 0 : builder.createByteVector(index.dataHash);
  const hashVectors = new Map<Uint8Array, number>();
  const chunkedFiles = index.chunkedFiles?.map((file) =>
    addRawChunkedFile(builder, file, hashVectors, index.entries?.[file.entry ?? 0]?.hash),
  );
  const chunkTable = chunkedFiles === undefined ? 0 : addOffsets(builder, chunkedFiles);
  builder.startObject(indexSlots.chunkedFiles + 2);
  if (index.version !== undefined) builder.addFieldInt32(0, index.version, 1);
  if (index.hashAlgorithm !== undefined) builder.addFieldInt8(1, index.hashAlgorithm, 0);
  builder.addFieldOffset(2, vector, 0);
  builder.addFieldInt64(3, index.dataSize ?? 0n, 0n);
  builder.addFieldOffset(4, dataHash, 0);
  builder.addFieldOffset(indexSlots.chunkedFiles, chunkTable, 0);
  if (index.extraFields === true) {
    for (let slot = indexSlots.dataHash + 1; slot < indexSlots.chunkedFiles; slot++)
      builder.addFieldInt32(slot, -1 - slot, 0);
    builder.addFieldInt64(indexSlots.chunkedFiles + 1, -1n, 0n);
  }
  builder.finish(builder.endObject());
  return new Uint8Array(builder.asUint8Array());
}

function addOffsets(builder: Builder, offsets: readonly number[]): number {
  builder.startVector(4, offsets.length, 4);
  for (const offset of offsets.toReversed()) builder.addOffset(offset);
  return builder.endVector();
}

/** Equal paths share their bytes, which an honest writer has no use for. */
function sharedString(builder: Builder, text: string): number {
  return text === "" ? builder.createString(text) : builder.createSharedString(text);
}

function addRawChunkedFile(
  builder: Builder,
  { entry, chunkSize, hashes, storedSizes, sizes, sizesHash }: RawChunkedFile,
  hashVectors: Map<Uint8Array, number>,
  fileHash: Uint8Array | undefined,
): number {
  const sizesPlace = sizes === undefined ? 0 : addUint32s(builder, sizes);
  const storedSizesPlace = storedSizes === undefined ? 0 : addUint32s(builder, storedSizes);
  const ownSizesHash =
    sizesHash ?? (sizes === undefined ? undefined : rawSizesHash(fileHash ?? someHash, sizes));
  const sizesHashPlace = ownSizesHash === undefined ? 0 : builder.createByteVector(ownSizesHash);
  let hashesPlace = 0;
  if (hashes !== undefined) {
    hashesPlace = hashVectors.get(hashes) ?? builder.createByteVector(hashes);
    hashVectors.set(hashes, hashesPlace);
  }
  builder.startObject(6);
  if (entry !== undefined) builder.addFieldInt32(chunkedFileSlots.entry, entry | 0, 0);
  if (chunkSize !== undefined) builder.addFieldInt32(chunkedFileSlots.chunkSize, chunkSize | 0, 0);
  builder.addFieldOffset(chunkedFileSlots.hashes, hashesPlace, 0);
  builder.addFieldOffset(chunkedFileSlots.storedSizes, storedSizesPlace, 0);
  builder.addFieldOffset(chunkedFileSlots.sizes, sizesPlace, 0);
  builder.addFieldOffset(chunkedFileSlots.sizesHash, sizesHashPlace, 0);
  return builder.endObject();
}

/** What an index says beside sizes, so that none of them is changed by chance. */
export function rawSizesHash(fileHash: Uint8Array, sizes: readonly number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * sizes.length));
  for (const [i, size] of sizes.entries()) bytes.setUint32(4 * i, size, true);
  return createHash("sha256").update(fileHash).update(bytes).digest();
}

function addUint32s(builder: Builder, numbers: readonly number[]): number {
  builder.startVector(4, numbers.length, 4);
  for (const number of numbers.toReversed()) builder.addInt32(number | 0);
  return builder.endVector();
}

function addRawEntry(builder: Builder, entry: RawEntry): number {
  const hasHash = !("hash" in entry) || entry.hash !== undefined;
  const path =
    typeof entry.path === "string"
      ? sharedString(builder, entry.path)
      : builder.createString(entry.path ?? null);
  const hash = hasHash ? builder.createByteVector(entry.hash ?? someHash) : 0;
  builder.startObject(14);
  builder.addFieldOffset(0, path, 0);
  builder.addFieldInt64(1, entry.dataOffset ?? 0n, 0n);
  builder.addFieldInt64(2, entry.dataSize ?? 0n, 0n);
  builder.addFieldInt64(3, entry.originalSize ?? 0n, 0n);
  builder.addFieldOffset(4, hash, 0);
  builder.addFieldInt32(5, entry.mode ?? 0, 0);
  builder.addFieldInt64(8, entry.mtimeNs ?? 0n, 0n);
  builder.addFieldInt8(9, entry.compression ?? 0, 0);
  if (entry.extraFields === true) {
    builder.addFieldInt64(10, 123n, 0n);
    builder.addFieldInt8(13, 1, 0);
  }
  return builder.endObject();
}
