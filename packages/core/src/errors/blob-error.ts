import type { BlobErrorCode, MissingThing } from "./codes.js";

/** What an error of any `@blob` package can have beside its code and message. */
export interface BlobErrorDetails {
  /**
   * What it is about: `host/repository:tag`, `host/repository@digest`, with `oci:` and a path for a layout. Of what a caller
   * wrote wrongly, that.
   */
  readonly reference?: string | undefined;
  /** With `NotFound`: what there is not. */
  readonly what?: MissingThing | undefined;
  /** What it came of. */
  readonly cause?: unknown;
}

/**
 * Lets two copies of these packages recognise each other's errors. Public: `Symbol.for("@blob/error")` is a property of every
 * error of ours, and stays that.
 */
const brand = Symbol.for("@blob/error");

/**
 * What every error that the `@blob` packages make is, apart from an aborted signal's reason, which is thrown as it is. The
 * subclass says which package it comes from; handlers need only `code`.
 */
export abstract class BlobError extends Error {
  /** What went wrong, for programs: one of `blobErrorCodes`. */
  abstract readonly code: BlobErrorCode;
  /** What it is about, as far as it is known: `host/repository:tag`, say. */
  readonly reference: string | undefined;
  /** With `NotFound`: what there is not. */
  readonly what: MissingThing | undefined;

  static {
    Object.defineProperty(BlobError.prototype, brand, { value: true });
  }

  constructor(message: string, { reference, what, cause }: BlobErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.reference = reference;
    this.what = what;
  }
}

/**
 * Whether a value is an error of a `@blob` package, of whichever copy or version of it: it has the brand, and a code that
 * looks like one. A newer version's code may be missing from this one's list.
 */
export function isBlobError(value: unknown): value is BlobError {
  if (typeof value !== "object" || value === null || Reflect.get(value, brand) !== true) return false;
  const code: unknown = Reflect.get(value, "code");
  return typeof code === "string" && /^[A-Z][A-Za-z]{1,63}$/u.test(code) && value instanceof Error;
}
