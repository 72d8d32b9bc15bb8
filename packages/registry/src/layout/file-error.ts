import { systemCodeOf } from "@blob/core/files";
import { isRegistryError, RegistryError } from "../errors.js";

/** Whether there is no room left, as the file system says it or as `fileError` does. */
export function isDiskFull(error: unknown): boolean {
  const code = systemCodeOf(isRegistryError(error) ? error.cause : error);
  return code === "ENOSPC" || code === "EDQUOT";
}

/** What the file system refused, in terms of this package. Errors that already are stay as they are. */
export function fileError(file: string, error: unknown): unknown {
  if (isRegistryError(error) || systemCodeOf(error) === undefined) return error;
  const message = `${file}: ${explanations[systemCodeOf(error) ?? ""] ?? (error instanceof Error ? error.message : "failed")}`;
  return new RegistryError("FileSystem", message, { host: file, cause: error });
}

const explanations: Readonly<Record<string, string>> = {
  EACCES: "this user may not do that: check the permissions",
  EPERM: "this user may not do that: check the permissions",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EEXIST: "there is something else in the way",
  EISDIR: "there is a directory in the way",
  ENOTEMPTY: "there is a directory in the way",
  ELOOP: "the links there lead nowhere",
  EIO: "the disk fails to read or write it",
  ENOTDIR: "a part of the path is not a directory",
  EMFILE: "too many files are open",
};
