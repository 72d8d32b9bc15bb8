import { createHash } from "node:crypto";
import type { Archive, ByteSource, Entry } from "@blob/format";
import { bufferSource, comparePaths, encodeIndex, openArchive } from "@blob/format";

/** An archive of uncompressed files in memory; `data` may stand between it and its bytes. */
export function memoryArchive(
  files: Readonly<Record<string, string | Uint8Array>>,
  data: (source: ByteSource) => ByteSource = (source) => source,
): Archive {
  const parts: Buffer[] = [];
  let dataOffset = 0;
  const entries = Object.entries(files)
    .toSorted(([a], [b]) => comparePaths(a, b))
    .map(([path, content]): Entry => {
      const bytes = Buffer.from(content);
      parts.push(bytes);
      const entry: Entry = {
        path,
        size: bytes.length,
        storedSize: bytes.length,
        hash: createHash("sha256").update(bytes).digest(),
        mode: 0o644,
        uid: 0,
        gid: 0,
        mtimeNs: 0n,
        compression: "none",
        dataOffset,
      };
      dataOffset += bytes.length;
      return entry;
    });
  const whole = Buffer.concat(parts);
  const dataHash = createHash("sha256").update(whole).digest();
  return openArchive(encodeIndex({ entries, dataSize: whole.length, dataHash }), data(bufferSource(whole)));
}
