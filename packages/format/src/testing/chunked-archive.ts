import type { Archive } from "../archive.js";
import type { Entry } from "../entry.js";
import type { FileCuts } from "../index-codec/file-cuts.js";
import { encodeIndex } from "../index-codec/index-encoder.js";
import { createNodeZstd, nodeSha256 } from "../node/index.js";
import { comparePaths } from "../paths/compare-bytes.js";
import { openArchive } from "../reading/archive-reader.js";
import type { OpenOptions } from "../reading/archive-reader.js";
import { bufferSource } from "../sources/buffer-source.js";
import type { ByteRange, ByteSource, SignalOptions } from "../sources/byte-source.js";

/** A file as a test writes it down. */
export interface FileInChunks {
  readonly path: string;
  readonly content: Uint8Array;
  /** Default `none`. */
  readonly compression?: "none" | "zstd" | undefined;
  /**
   * The size of all chunks but the last, or of each one, as content-defined cuts have it; 4 KiB at the least. Default:
   * the index does not say how the file is cut.
   */
  readonly cuts?: number | readonly number[] | undefined;
}

type Read = (range: ByteRange, options?: SignalOptions) => AsyncIterable<Uint8Array>;

export interface ChunkedArchiveOptions {
  /** What the index says of how a file is cut, which may be a lie. */
  readonly changeCuts?: ((cuts: FileCuts) => FileCuts) | undefined;
  /** What the index says of a file, which may be a lie. */
  readonly changeEntry?: ((entry: Entry) => Entry) | undefined;
  /** Stands between the archive and its data. */
  readonly read?: ((read: Read) => Read) | undefined;
}

export interface ChunkedArchive {
  readonly index: Uint8Array;
  /** The data part, which a test may damage. */
  readonly data: Uint8Array;
  readonly source: ByteSource;
  /** An archive over these, by codecs of Node unless the options have others. */
  readonly open: (options?: OpenOptions) => Archive;
  /** What the source was asked for, in order. A test may empty it. */
  readonly reads: ByteRange[];
  /** How many reads were begun and neither ended nor left. */
  readonly openReads: () => number;
}

/**
 * An archive in memory whose files are cut into chunks as a test says. Each chunk of a compressed file is a frame. Files
 * with equal content are stored and described once, as the first one says.
 */
export async function chunkedArchive(
  files: readonly FileInChunks[],
  options: ChunkedArchiveOptions = {},
): Promise<ChunkedArchive> {
  const { changeCuts = (cuts) => cuts, changeEntry = (entry) => entry, read = (same) => same } = options;
  const { encoder, decoder } = await createNodeZstd();
  const parts: Uint8Array[] = [];
  const entries: Entry[] = [];
  const cuts: FileCuts[] = [];
  const storedOnce = new Map<string, Entry>();
  let dataOffset = 0;
  for (const file of files.toSorted((a, b) => comparePaths(a.path, b.path))) {
    const hash = nodeSha256.hash(file.content);
    const key = Buffer.from(hash).toString("hex");
    const same = storedOnce.get(key);
    if (same !== undefined) {
      entries.push(changeEntry({ ...same, path: file.path }));
      continue;
    }
    const compression = file.compression ?? "none";
    const pieces = piecesOf(file);
    const frames = pieces.map((piece) => (compression === "zstd" ? encoder.compress(piece, 3) : piece));
    const storedSizes = frames.map(({ length }) => length);
    const storedSize = storedSizes.reduce((sum, size) => sum + size, 0);
    const entry: Entry = {
      path: file.path,
      size: file.content.length,
      hash,
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtimeNs: 1_700_000_000_000_000_000n,
      compression,
      dataOffset,
      storedSize,
    };
    if (file.cuts !== undefined) {
      const isFixed = typeof file.cuts === "number";
      cuts.push(
        changeCuts({
          row: entries.length,
          chunkSize: isFixed ? file.cuts : Math.max(...file.cuts),
          hashes: new Uint8Array(Buffer.concat(pieces.map((piece) => nodeSha256.hash(piece)))),
          storedSizes: compression === "zstd" ? Uint32Array.from(storedSizes) : undefined,
          sizes: isFixed ? undefined : Uint32Array.from(file.cuts),
        }),
      );
    }
    storedOnce.set(key, entry);
    entries.push(changeEntry(entry));
    parts.push(...frames);
    dataOffset += storedSize;
  }
  const data = new Uint8Array(Buffer.concat(parts));
  const index = encodeIndex({ entries, dataSize: data.length, dataHash: nodeSha256.hash(data), cuts });
  const reads: ByteRange[] = [];
  let open = 0;
  const buffer = bufferSource(data, { id: "chunked" });
  const inner = read((range, readOptions) => buffer.read(range, readOptions));
  const source: ByteSource = {
    id: "chunked",
    size: data.length,
    async *read(range, readOptions) {
      reads.push(range);
      open += 1;
      try {
        yield* inner(range, readOptions);
      } finally {
        open -= 1;
      }
    },
  };
  return {
    index,
    data,
    source,
    open: (openOptions) => openArchive(index, source, { zstd: decoder, sha256: nodeSha256, ...openOptions }),
    reads,
    openReads: () => open,
  };
}

/** Of a file without cuts, one. */
function piecesOf({ content, cuts, path }: FileInChunks): Uint8Array[] {
  if (cuts === undefined) return [content];
  const sizes =
    typeof cuts === "number"
      ? Array.from({ length: Math.ceil(content.length / cuts) }, (_, i) =>
          Math.min(cuts, content.length - i * cuts),
        )
      : cuts;
  let at = 0;
  const pieces = sizes.map((size) => content.subarray(at, (at += size)));
  if (at !== content.length) throw new Error(`The chunks of ${path} are not all of its content`);
  return pieces;
}
