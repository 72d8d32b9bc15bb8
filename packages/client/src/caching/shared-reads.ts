import type { SingleFlight } from "@blob/core/concurrency";
import { createSingleFlight } from "@blob/core/concurrency";
import type { Descriptor, Manifest } from "@blob/registry";

/** What verbs of one client read together. */
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
