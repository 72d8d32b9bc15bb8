/** A malformed element of a list. It was left out; the other elements are not affected. */
export interface LeftOut {
  /** What kind of element it was meant to be. */
  readonly kind: "tag" | "referrer" | "descriptor";
  /** The text of the element, shortened and without control characters, so that it can be shown. */
  readonly name: string;
  /** Completes "it was left out because …". */
  readonly why: string;
}
