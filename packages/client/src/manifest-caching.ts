import type { ManifestCache } from "@blob/cache";
import type { Registry } from "@blob/registry";
import { isDigest } from "@blob/registry";
import { imageManifestMediaType } from "./image-manifest.js";

/**
 * A registry that remembers manifests by their digests. A tag is always resolved by the registry itself; whatever
 * comes back, or is pushed, is kept.
 */
export function withManifestCache(registry: Registry, cache: ManifestCache): Registry {
  return {
    ...registry,
    async manifest(repository, reference, options = {}) {
      const { signal, maxBytes = Infinity } = options;
      if (isDigest(reference)) {
        const bytes = await cache.get(reference, { signal });
        if (bytes !== undefined && bytes.length <= maxBytes) {
          return {
            descriptor: { mediaType: mediaTypeOf(bytes), digest: reference, size: bytes.length },
            bytes,
          };
        }
      }
      const manifest = await registry.manifest(repository, reference, options);
      await cache.put(manifest.descriptor.digest, manifest.bytes, { signal });
      return manifest;
    },
    async pushManifest(repository, manifest, options = {}) {
      const descriptor = await registry.pushManifest(repository, manifest, options);
      await cache.put(descriptor.digest, manifest.bytes, { signal: options.signal });
      return descriptor;
    },
  };
}

/** The cache keeps bytes only: the type is in them, or is the one that may leave it out. */
function mediaTypeOf(bytes: Uint8Array): string {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (
      typeof json === "object" &&
      json !== null &&
      "mediaType" in json &&
      typeof json.mediaType === "string"
    ) {
      return json.mediaType;
    }
  } catch {
    // Not JSON: whoever parses the manifest says so.
  }
  return imageManifestMediaType;
}
