import type { MissingThing } from "@blob/core/errors";
import { isSystemError } from "@blob/core/files";
import { FormatError, isFormatError } from "../../errors.js";
import type { FormatErrorCode } from "../../errors.js";

/** An error as plain data: a structured clone keeps neither class nor fields. */
export interface PlainError {
  readonly code: FormatErrorCode | undefined;
  readonly message: string;
  readonly path: string | undefined;
  readonly what: MissingThing | undefined;
  readonly cause: { readonly message: string; readonly code: string | undefined } | undefined;
}

export function toPlainError(error: unknown): PlainError {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  return {
    code: isFormatError(error) ? error.code : undefined,
    path: isFormatError(error) ? error.path : undefined,
    what: isFormatError(error) ? error.what : undefined,
    message,
    cause:
      cause instanceof Error
        ? { message: cause.message, code: isSystemError(cause) ? cause.code : undefined }
        : undefined,
  };
}

/** The error that it was, as far as it was one of ours; anything else is a defect of the worker. */
export function fromPlainError({ code, message, path, what, cause }: PlainError): FormatError {
  const original =
    cause === undefined
      ? undefined
      : Object.assign(new Error(cause.message), cause.code === undefined ? {} : { code: cause.code });
  return new FormatError(code ?? "WorkerFailed", message, { path, what, cause: original });
}
