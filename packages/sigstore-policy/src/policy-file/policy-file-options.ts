import type { TrustedRootSource } from "../verify/trusted-root-source.js";

/** What a policy file does not say itself. */
export interface PolicyFileOptions {
  /** What signatures with certificates are checked with. */
  readonly trustedRoot: TrustedRootSource;
  /** Ends the reading of keys that the file names, with its own reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Where a text comes from. */
export interface PolicyTextOptions extends PolicyFileOptions {
  /** For messages. Default: "the policy". */
  readonly file?: string | undefined;
  /** What paths of keys are relative to. Default: the working directory. */
  readonly directory?: string | undefined;
}
