import type { CallOptions } from "@blob/registry";

/**
 * Where the trusted root comes from: the certificate authorities, logs and time-stamp authorities that a verifier
 * believes. A policy asks for it each time it evaluates, so the source decides how long one is kept.
 */
export interface TrustedRootSource {
  /** For messages: a path, or the host of a mirror. */
  readonly name: string;
  /**
   * The bytes of a `trusted_root.json` (`application/vnd.dev.sigstore.trustedroot+json`). The source vouches for where
   * they come from; the verifier checks what they say. The same array, while nothing has changed, is parsed once.
   */
  load(options?: CallOptions): Promise<Uint8Array>;
}
