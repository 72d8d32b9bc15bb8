import type { Entry } from "../entry.js";
import { compressionNone, compressionZstd, hashBytes } from "./index-schema.js";
import type { IndexTable } from "./index-table.js";
import { pathText } from "./path-bytes.js";

/** What callers see of the file at a place. A caller that has its path saves making the string. */
export function entryAt({ bytes, columns }: IndexTable, at: number, path?: string): Entry {
  const hashStart = columns.hashStart[at] ?? 0;
  return {
    path: path ?? pathText(bytes, columns.pathStart[at] ?? 0, columns.pathLength[at] ?? 0),
    size: columns.size[at] ?? 0,
    hash: bytes.subarray(hashStart, hashStart + hashBytes),
    mode: columns.mode[at] ?? 0,
    uid: columns.uid[at] ?? 0,
    gid: columns.gid[at] ?? 0,
    mtimeNs: columns.mtimeNs[at] ?? 0n,
    compression: compressionName(columns.compression[at] ?? 0),
    dataOffset: columns.dataOffset[at] ?? 0,
    storedSize: columns.storedSize[at] ?? 0,
  };
}

function compressionName(value: number): Entry["compression"] {
  if (value === compressionNone) return "none";
  return value === compressionZstd ? "zstd" : "unknown";
}
