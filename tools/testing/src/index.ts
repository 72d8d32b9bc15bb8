export { createTemporaryDirectory, writeTree } from "./tree.js";
export type { TemporaryDirectory } from "./tree.js";
