/** Two things that were compared differ: the result has been written, and only the exit code is left to say so. */
export class DifferentError extends Error {
  override readonly name = "DifferentError";
  readonly code = "Different";

  constructor() {
    super("they differ");
  }
}
