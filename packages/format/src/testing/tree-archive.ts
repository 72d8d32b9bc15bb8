import type { ByteRange, ByteSource, SignalOptions } from "../sources/byte-source.js";
import type { Archive } from "../archive.js";
import { openArchive } from "../reading/archive-reader.js";
import { bufferSource } from "../sources/buffer-source.js";
import { comparePaths } from "../paths/compare-bytes.js";
import type { Entry } from "../entry.js";
import { encodeIndex } from "../index-codec/index-encoder.js";
import { createNodeZstd, nodeSha256 } from "../node/index.js";

type Read = (range: ByteRange, options?: SignalOptions) => AsyncIterable<Uint8Array>;

export interface TreeArchiveOptions {
  /** Default `none`. A file that does not get smaller is stored as it is. */
  readonly compression?: "none" | "zstd" | undefined;
  /** What the index says of a file, which may be a lie. */
  readonly change?: ((entry: Entry) => Entry) | undefined;
  /** Changes what is stored, in place. */
  readonly damage?: ((data: Uint8Array, entries: readonly Entry[]) => void) | undefined;
  /** Stands between the archive and its data. */
  readonly read?: ((read: Read) => Read) | undefined;
  readonly mtimeNs?: bigint | undefined;
}

/** An archive in memory. */
export async function treeArchive(
  tree: Readonly<Record<string, string | Uint8Array>>,
  options: TreeArchiveOptions = {},
): Promise<Archive> {
  const { compression = "none", change = (entry) => entry, read = (same) => same } = options;
  const { encoder, decoder } = await createNodeZstd();
  const parts: Uint8Array[] = [];
  const entries: Entry[] = [];
  let dataOffset = 0;
  for (const path of Object.keys(tree).toSorted(comparePaths)) {
    const content = Buffer.from(tree[path] ?? "");
    const frame = compression === "zstd" ? encoder.compress(content, 3) : content;
    const isSmaller = frame.length < content.length;
    const stored = isSmaller ? frame : content;
    const entry: Entry = {
      path,
      size: content.length,
      hash: nodeSha256.hash(content),
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtimeNs: options.mtimeNs ?? 1_700_000_000_000_000_000n,
      compression: isSmaller ? "zstd" : "none",
      dataOffset,
      storedSize: stored.length,
    };
    entries.push(change(entry));
    parts.push(stored);
    dataOffset += stored.length;
  }
  const whole = new Uint8Array(Buffer.concat(parts));
  const index = encodeIndex({ entries, dataSize: whole.length, dataHash: nodeSha256.hash(whole) });
  options.damage?.(whole, entries);
  const buffer = bufferSource(whole, { id: "tree" });
  const source: ByteSource = {
    id: "tree",
    size: whole.length,
    read: read((range, readOptions) => buffer.read(range, readOptions)),
  };
  return openArchive(index, source, { zstd: decoder, sha256: nodeSha256 });
}
