import type { Entry } from "../../entry.js";
import type { ExtractOptions, ExtractResult } from "./extract-options.js";

/** What an extraction wrote, and what it left alone when it came to it. */
export type WrittenFiles = Omit<ExtractResult, "notKept">;

/** Counts what an extraction has done, and tells it. */
export interface ExtractReport {
  /** So many bytes more of a file. */
  bytes(count: number, entry: Entry): void;
  finished(entry: Entry, written: boolean): void;
  result(): WrittenFiles;
}

/** Larger files are told about while they are written. */
export function createExtractReport(
  { count: filesTotal, bytes: bytesTotal }: { readonly count: number; readonly bytes: number },
  onProgress: ExtractOptions["onProgress"],
  largeBytes: number,
): ExtractReport {
  const skipped: string[] = [];
  let bytesDone = 0;
  let filesDone = 0;
  let size = 0;
  const tell = (path: string): void =>
    onProgress?.({ stage: "extracting", path, bytesDone, bytesTotal, filesDone, filesTotal });
  return {
    bytes(count, entry) {
      bytesDone += count;
      if (entry.size > largeBytes) tell(entry.path);
    },
    finished(entry, written) {
      filesDone++;
      if (written) size += entry.size;
      else skipped.push(entry.path);
      tell(entry.path);
    },
    result: () => ({ files: filesDone - skipped.length, size, skipped }),
  };
}
