import { Builder } from "flatbuffers";

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

export interface RawIndex {
  readonly version?: number | undefined;
  readonly hashAlgorithm?: number | undefined;
  readonly entries?: readonly RawEntry[] | undefined;
  readonly dataSize?: bigint | undefined;
  readonly dataHash?: Uint8Array | undefined;
}

const someHash = new Uint8Array(32).fill(0xab);

/** The bytes of an index that says whatever it is told to, in the order it is told. */
export function rawIndex(index: RawIndex): Uint8Array {
  const builder = new Builder(1024);
  const offsets = index.entries?.map((entry) => addRawEntry(builder, entry));
  const vector = offsets === undefined ? 0 : addOffsets(builder, offsets);
  const dataHash = index.dataHash === undefined ? 0 : builder.createByteVector(index.dataHash);
  builder.startObject(5);
  if (index.version !== undefined) builder.addFieldInt32(0, index.version, 1);
  if (index.hashAlgorithm !== undefined) builder.addFieldInt8(1, index.hashAlgorithm, 0);
  builder.addFieldOffset(2, vector, 0);
  builder.addFieldInt64(3, index.dataSize ?? 0n, 0n);
  builder.addFieldOffset(4, dataHash, 0);
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
