export { fateOf, isDeadMark, isMark, markPattern, processMark, thisProcess } from "./process-identity.js";
export type { ProcessFate, ProcessIdentity } from "./process-identity.js";
