export { formatContentRange, parseContentRange } from "./content-range.js";
export type { ContentRange } from "./content-range.js";
export { parseRange } from "./requested-range.js";
export type { RequestedRange } from "./requested-range.js";
