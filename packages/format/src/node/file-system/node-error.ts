import { constants } from "node:os";

import { isFormatError } from "../../errors.js";

/** What `node:fs` throws. The cause is the archive's error, where there was one. */
export interface NodeError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path: string;
}

const descriptions = {
  EACCES: "permission denied",
  EBADF: "bad file descriptor",
  EFBIG: "file too large",
  EINVAL: "invalid argument",
  EIO: "i/o error",
  EISDIR: "illegal operation on a directory",
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  EROFS: "read-only file system",
} as const;

/** The codes that there are here. */
export type NodeErrorCode = keyof typeof descriptions;

/** An error as the system would give it for a call of this name. */
export function nodeError(code: NodeErrorCode, syscall: string, path: string, cause?: unknown): NodeError {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  const message = `${code}: ${descriptions[code]}, ${syscall} '${path}'${why}`;
  const error = cause === undefined ? new Error(message) : new Error(message, { cause });
  return Object.assign(error, { code, errno: -constants.errno[code], syscall, path });
}

/** An error of reading content. An aborted signal's reason stays what it is, as do errors of the source. */
export function readError(cause: unknown, syscall: string, path: string): unknown {
  if (!isFormatError(cause)) return cause;
  return nodeError(cause.code === "SizeExceeded" ? "EFBIG" : "EIO", syscall, path, cause);
}

/** An error for arguments that make no sense, as Node has it. */
export function argumentError(name: string, expected: string, value: unknown): TypeError {
  const error = new TypeError(
    `The argument "${name}" must be ${expected}. Received ${typeof value} ${spell(value)}`,
  );
  return Object.assign(error, { code: "ERR_INVALID_ARG_VALUE" });
}

function spell(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
