/** One element of a list that cannot be used. The others are not affected by it. */
export interface LeftOut {
  /** What it would have been. */
  readonly kind: "tag" | "referrer" | "descriptor";
  /** What the list has there, made fit for a message: shortened, and without control characters. */
  readonly name: string;
  /** Completes "it was left out because …". */
  readonly why: string;
}
