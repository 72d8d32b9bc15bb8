export { CacheError, isCacheError } from "../errors.js";
export type { CacheErrorCode } from "../errors.js";
export { directoryProblem, isOpenToOthers, makePrivateDirectory } from "../private-directory.js";
export { openPrivateFile, readPrivateFile } from "../private-file.js";
export type { PrivateFile } from "../private-file.js";
