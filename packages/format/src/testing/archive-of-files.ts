import type { Archive } from "../archive.js";
import { openArchive } from "../reading/archive-reader.js";
import { bufferSource } from "../sources/buffer-source.js";
import type { ByteRange, ByteSource } from "../sources/byte-source.js";
import { comparePaths } from "../paths/compare-bytes.js";
import { encodeIndex } from "../index-codec/index-encoder.js";
import { nodeSha256 } from "../node/read/node-sha256.js";

/** A file as a test writes it down. */
export interface FileOfArchive {
  readonly path: string;
  readonly content?: string | Uint8Array;
  readonly mode?: number;
  readonly mtimeNs?: bigint;
}

export interface ArchiveOfFiles {
  readonly archive: Archive;
  /** The data part, which a test may damage. */
  readonly data: Uint8Array;
  /** What was asked for, in order. */
  readonly reads: readonly ByteRange[];
  /** How many reads were begun and neither ended nor left. */
  readonly openReads: () => number;
}

/** An archive in memory that stores these files one after another, as they are. */
export function archiveOfFiles(files: readonly FileOfArchive[]): ArchiveOfFiles {
  const sorted = files.toSorted((a, b) => comparePaths(a.path, b.path));
  const contents = sorted.map(({ content = "" }) => Buffer.from(content));
  const data = new Uint8Array(Buffer.concat(contents));
  let dataOffset = 0;
  const entries = sorted.map(({ path, mode = 0o644, mtimeNs = 0n }, at) => {
    const content = contents[at] ?? Buffer.alloc(0);
    const size = content.length;
    const facts = { path, size, storedSize: size, dataOffset, mode, mtimeNs, uid: 12, gid: 34 };
    dataOffset += size;
    return { ...facts, hash: nodeSha256.hash(content), compression: "none" as const };
  });
  const reads: ByteRange[] = [];
  let open = 0;
  const inner = bufferSource(data);
  const source: ByteSource = {
    id: "test",
    size: data.length,
    async *read(range, options) {
      reads.push(range);
      open += 1;
      try {
        yield* inner.read(range, options);
      } finally {
        open -= 1;
      }
    },
  };
  const archive = openArchive(encodeIndex({ entries, dataSize: data.length }), source, {
    sha256: nodeSha256,
  });
  return { archive, data, reads, openReads: () => open };
}
