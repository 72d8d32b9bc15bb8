export { BlobError, isBlobError } from "./blob-error.js";
export type { BlobErrorDetails } from "./blob-error.js";
export { blobErrorCodes, missingThings } from "./codes.js";
export type { BlobErrorCode, MissingThing } from "./codes.js";
