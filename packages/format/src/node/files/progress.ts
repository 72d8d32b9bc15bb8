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
  /** `enumerating` while files are looked for, `compressing` while they are read and stored. */
  readonly stage: "enumerating" | "compressing";
}

/** One step of extracting files. */
export interface ExtractProgress extends Progress {
  /** Always `extracting`: to be told apart from other progress. */
  readonly stage: "extracting";
}
