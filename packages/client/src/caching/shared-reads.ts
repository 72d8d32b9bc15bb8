import type { SingleFlight } from "@blob/core/concurrency";
import { createSingleFlight } from "@blob/core/concurrency";
import type { Descriptor, Manifest } from "@blob/registry";

/** Requests that concurrent verbs of one client make once, together. */
export interface SharedReads {
  readonly manifests: SingleFlight<Manifest>;
  readonly descriptors: SingleFlight<Descriptor>;
  readonly indexes: SingleFlight<Uint8Array>;
}

export function createSharedReads(): SharedReads {
  return {
    manifests: createSingleFlight(),
    descriptors: createSingleFlight(),
    indexes: createSingleFlight(),
  };
}
