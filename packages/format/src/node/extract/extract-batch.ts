/** Where files of a batch go, and what they are to have, in columns. Plain data: it is sent to worker threads. */
export interface BatchPlaces {
  /** Paths below the destination, for messages and names. */
  readonly targets: readonly string[];
  /** Directories of the batch, as the beginnings of paths; through handles, which all threads of a process have. */
  readonly directories: readonly string[];
  /** Which of them each file goes to. */
  readonly directory: Uint16Array;
  /** Temporary names, which nobody knows: this, a number, and {@link temporaryEnd}. */
  readonly temporary: string;
  /** The number of the first file. */
  readonly first: number;
  /** Permission bits; {@link systemMode} leaves them to the system. */
  readonly modes: Int16Array;
  /** Modification times in nanoseconds since the epoch; without it they are left to the system. */
  readonly times: BigInt64Array | undefined;
  /** 1 for names that something has: they are not tried. */
  readonly taken: Uint8Array;
}

export const systemMode = -1;
export const temporaryEnd = ".tmp";

/** What is stored of the files of a batch, in columns. */
export interface BatchContents {
  /** Archive paths, for messages, where they are not the targets. */
  readonly paths: readonly string[] | undefined;
  /** Where the stored bytes begin in the bytes of the batch. */
  readonly from: Float64Array;
  readonly storedSizes: Float64Array;
  readonly sizes: Float64Array;
  /** 1 for zstd, 0 for none. */
  readonly isCompressed: Uint8Array;
  /** 32 bytes each. */
  readonly hashes: Uint8Array;
}

/** Small files, and what is stored of them. */
export interface ExtractBatch extends BatchContents {
  /** Given away. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly places: BatchPlaces;
}

/** Files that were written, in columns, which cost little to send between threads. */
export interface WrittenBatch {
  readonly inodes: BigUint64Array<ArrayBuffer>;
  /** See `LostFacts`. */
  readonly lost: Uint8Array<ArrayBuffer>;
  /** 1 for files that have their names; the others have temporary ones. */
  readonly isNamed: Uint8Array<ArrayBuffer>;
}

/** The temporary name of a file of a batch. */
export function temporaryName({ temporary, first }: BatchPlaces, index: number): string {
  return `${temporary}${first + index}${temporaryEnd}`;
}
