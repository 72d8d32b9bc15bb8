export { all, any } from "./combinators.js";
export { isPolicyError, PolicyError, policyErrorCodes } from "./errors.js";
export type { PolicyErrorCode } from "./errors.js";
