import { nearest } from "./nearest.js";

/** Something that this command looked up itself is not there. */
export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
  readonly code = "NotFound";
  readonly path: string;
  /** What to try instead, where there is something like it. */
  readonly hint: string | undefined;

  constructor(path: string, message: string, names: Iterable<string> = []) {
    super(message);
    this.path = path;
    const near = nearest(path, names);
    this.hint = near === undefined ? undefined : `did you mean ${near}?`;
  }
}
