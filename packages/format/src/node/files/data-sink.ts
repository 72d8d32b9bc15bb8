/** Takes the bytes of the data part, in order. It may keep a chunk; the next one comes when the promise is done. */
export interface DataSink {
  /** Takes the next bytes. */
  write(chunk: Uint8Array): Promise<void> | void;
}

/** What was written. Digests are spelled `sha256:…`, sizes are in bytes. */
export interface FinishedArchive {
  /** The index, and what names it. */
  readonly index: { readonly bytes: Uint8Array; readonly size: number; readonly digest: string };
  /** What names the data. */
  readonly data: { readonly size: number; readonly digest: string };
  /** How many files there are. */
  readonly files: number;
  /** Sum of the files' sizes. */
  readonly size: number;
}
