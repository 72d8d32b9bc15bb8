import type { Registry } from "../registry.js";

/** Another place that has what a registry has: asked first, and believed only as far as digests go. */
export interface Mirror {
  /** For people, and what its failures are remembered by: its host, with a prefix where it has one. */
  readonly name: string;
  /** Where it is read. Nothing is ever written there. Who made it closes it. */
  readonly registry: Pick<Registry, "manifest" | "resolve" | "readBlob">;
  /** What the mirror calls a repository; undefined for one that it does not have. Default: the same name. */
  readonly repository?: ((repository: string) => string | undefined) | undefined;
  /** Ask it for manifests and blobs by digest. Default true. */
  readonly digests?: boolean | undefined;
  /**
   * Believe it where tags point. No digest verifies that: an old or hostile mirror decides which archive is read. Default
   * false.
   */
  readonly tags?: boolean | undefined;
}

/** A mirror that did not serve, and was passed by. */
export interface SkippedMirror {
  /** The `name` of the mirror. */
  readonly mirror: string;
  /** The code of the error. */
  readonly code: string;
  /** Why, for people. Holds no secrets. */
  readonly message: string;
  /** For how many milliseconds it is not asked again; `Infinity` for one that sent wrong bytes. 0: only this is not asked for again. */
  readonly restMs: number;
}
