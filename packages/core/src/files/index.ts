export {
  directoryProblem,
  isOpenToOthers,
  isOurs,
  isPrivateDirectory,
  makePrivateDirectory,
} from "./private-directory.js";
export { openPrivateFile, readPrivateFile } from "./private-file.js";
export type { PrivateFile } from "./private-file.js";
export { readFileBeginning } from "./read-file-beginning.js";
export { isMissing, isSystemError, systemCodeOf } from "./system-error.js";
export { isUnsafeFileError, UnsafeFileError } from "./unsafe-file-error.js";
export type { UnsafeFileErrorCode } from "./unsafe-file-error.js";
export { writeFully } from "./write-fully.js";
