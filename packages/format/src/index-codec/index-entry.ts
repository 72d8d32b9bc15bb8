import type { Entry } from "../entry.js";
import { compressionOf, gidOf, modeOf, mtimeNsOf, uidOf } from "./entry-fields.js";
import { compressionNone, compressionZstd, hashBytes } from "./index-schema.js";
import type { IndexTable } from "./index-table.js";
import { pathText } from "./path-bytes.js";

/** What callers see of the file at a place. A caller that has its path saves making the string. */
export function entryAt({ bytes, view, columns }: IndexTable, at: number, path?: string): Entry {
  const hashStart = columns.hashStart[at] ?? 0;
  const table = columns.tableStart[at] ?? 0;
  return {
    path: path ?? pathText(bytes, columns.pathStart[at] ?? 0, columns.pathLength[at] ?? 0),
    size: columns.size[at] ?? 0,
    hash: bytes.subarray(hashStart, hashStart + hashBytes),
    mode: modeOf(view, table),
    uid: uidOf(view, table),
    gid: gidOf(view, table),
    mtimeNs: mtimeNsOf(view, table),
    compression: compressionName(compressionOf(view, table)),
    dataOffset: columns.dataOffset[at] ?? 0,
    storedSize: columns.storedSize[at] ?? 0,
  };
}

function compressionName(value: number): Entry["compression"] {
  if (value === compressionNone) return "none";
  return value === compressionZstd ? "zstd" : "unknown";
}
