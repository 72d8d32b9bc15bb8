/** How far a job is: bytes of file content, uncompressed. */
interface Progress {
  /** The archive path of the file that was just finished, or is being worked on. */
  readonly path?: string | undefined;
  readonly bytesDone: number;
  /** 0 as long as it is not known. */
  readonly bytesTotal: number;
  readonly filesDone: number;
  /** 0 as long as it is not known. */
  readonly filesTotal: number;
}

/** One step of making an archive. */
export interface CreateProgress extends Progress {
  readonly stage: "enumerating" | "compressing";
}

/** One step of extracting files. */
export interface ExtractProgress extends Progress {
  readonly stage: "extracting";
}
