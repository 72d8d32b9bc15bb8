export { all, any } from "./combinators.js";
export { isPolicyError, PolicyError, policyErrorCodes } from "./errors.js";
export type { PolicyErrorCode } from "./errors.js";
export type {
  KeylessRequirement,
  KeylessThresholds,
  KeyRequirement,
  KeyThresholds,
  SignerIdentity,
} from "./policies/requirements.js";
export type { TrustedRootSource } from "./verify/trusted-root-source.js";
