import type { Archive } from "../archive.js";
import { openArchive } from "../reading/archive-reader.js";
import { bufferSource } from "../sources/buffer-source.js";
import { comparePaths } from "../paths/compare-bytes.js";
import { encodeIndex } from "../index-codec/index-encoder.js";
import { portableSha256 } from "../sha256.js";

/** An archive of empty files. */
export function archiveOfEmptyFiles(paths: Iterable<string>): Archive {
  const hash = portableSha256.create().digest();
  const facts = { size: 0, storedSize: 0, dataOffset: 0, hash, mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n };
  const entries = Array.from(paths)
    .toSorted(comparePaths)
    .map((path) => ({ path, compression: "none" as const, ...facts }));
  return openArchive(encodeIndex({ entries, dataSize: 0 }), bufferSource(new Uint8Array()));
}
