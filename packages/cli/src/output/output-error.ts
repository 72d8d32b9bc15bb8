/** Standard output could not be written: the disk is full, the descriptor is no good, the terminal is gone. */
export class OutputError extends Error {
  override readonly name = "OutputError";
  readonly code = "Output";

  constructor(cause: Error) {
    super(`standard output cannot be written: ${cause.message}`, { cause });
  }
}
