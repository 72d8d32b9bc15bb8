// What reading contents needs of Node, without what writes archives and files. Loaded when the first content is read.
export { createContentThreads } from "./content-threads.js";
export type { ContentThreadsOptions, OwnedContentThreads } from "./content-threads.js";
export { nodeSha256 } from "./node-sha256.js";
export { loadZstdDecoder } from "../zstd/zstd-decoder.js";
