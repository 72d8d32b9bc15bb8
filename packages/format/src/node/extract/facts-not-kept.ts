/** A file that was written, and does not have all that the archive says of it. */
export interface FactsNotKept {
  /** The archive path. */
  readonly path: string;
  /** What the file system changed or cannot have. */
  readonly facts: readonly ("mode" | "time")[];
}
