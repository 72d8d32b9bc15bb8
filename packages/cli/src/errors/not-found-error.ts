/** Something that this command looked up itself is not there. */
export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
  readonly code = "NotFound";
  readonly path: string;
  /** What to try instead, where there is something like it. */
  readonly hint: string | undefined;

  constructor(path: string, message: string, near?: string) {
    super(message);
    this.path = path;
    this.hint = near === undefined ? undefined : `did you mean ${near}?`;
  }
}
