/** What is to be imported cannot be read. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly code = "FileSystem";
  readonly path: string;

  constructor(input: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`${input === "-" ? "standard input" : input} cannot be read: ${why}`, { cause });
    this.path = input;
  }
}
