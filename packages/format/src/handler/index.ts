export { createArchiveHandler } from "./archive-handler.js";
export type { ArchiveHandler, ArchiveHandlerOptions, ArchiveRequest, HookAnswer } from "./archive-handler.js";
export { isTextType, mediaTypeOf } from "./content-type.js";
export { verifiedFirstBytes } from "./file-content.js";
export { createFileResponder } from "./file-responder.js";
export type {
  Compress,
  FileAnswerOptions,
  FileRequest,
  FileResponder,
  FileResponderOptions,
} from "./file-responder.js";
export { isUrlPath, parseUrlPath, urlPathOf } from "./url-path.js";
export type { UrlPath } from "./url-path.js";
