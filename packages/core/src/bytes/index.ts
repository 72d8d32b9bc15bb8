export { toHex } from "./hex.js";
export { once } from "./once.js";
export { readBeginning } from "./read-beginning.js";
export type { Beginning } from "./read-beginning.js";
