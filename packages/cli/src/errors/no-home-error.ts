/** Something is kept in the home directory, and there is none: `HOME` is not set, and the user is not in passwd. */
export class NoHomeError extends Error {
  override readonly name = "NoHomeError";
  readonly code = "NoHome";
  readonly hint: string;

  /** @param instead What else says where it is, such as a variable. */
  constructor(what: string, instead: string) {
    super(`${what} is in the home directory, and there is none`);
    this.hint = `set HOME, or ${instead}`;
  }
}
