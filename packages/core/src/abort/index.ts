export { linkSignals } from "./link-signals.js";
export type { LinkedSignal } from "./link-signals.js";
export { onAbort } from "./on-abort.js";
export { untilAborted } from "./until-aborted.js";
