import { isSystemError } from "@blob/core/files";
import { FormatError } from "../../errors.js";

/** What a person can do about the codes that people meet. */
const advice: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "the operation is not permitted",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left on the device",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be larger than the system allows",
  ENOENT: "it does not exist",
  ENOTDIR: "it is not a directory, or a part of its path is none",
  EISDIR: "a directory has this name",
  EMFILE: "too many files are open; raise the limit of open files",
  ENFILE: "too many files are open on this system",
  ENAMETOOLONG: "the name is too long for this file system",
};

/**
 * The {@link FormatError} for a failed call of the file system. `path` is the archive path or file that it is about;
 * `action` completes "Cannot …". An error that is already ours is returned as it is.
 */
export function fileSystemError(cause: unknown, action: string, path: string): FormatError {
  if (cause instanceof FormatError) return cause;
  const reason = isSystemError(cause) ? (advice[cause.code ?? ""] ?? cause.code) : String(cause);
  return new FormatError("FileSystem", `Cannot ${action} ${JSON.stringify(path)}: ${reason}`, {
    path,
    cause,
  });
}
