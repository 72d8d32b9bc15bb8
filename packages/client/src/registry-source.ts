import type { ByteSource } from "@blob/format";
import type { BlobId, Registry } from "@blob/registry";

/** A blob as a source: each read is one range request, and nothing is asked before the first one. */
export function createRegistrySource(registry: Registry, repository: string, blob: BlobId): ByteSource {
  return {
    id: blob.digest,
    size: blob.size,
    read: (range, { signal } = {}) => registry.readBlob(repository, blob, { range, signal }),
  };
}
