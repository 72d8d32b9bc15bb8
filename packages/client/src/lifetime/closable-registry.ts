import type { Registry } from "@blob/registry";
import type { Lifetime } from "./lifetime.js";

/**
 * A registry to give to code of others, such as policies, which may keep it and may call it without a signal. After the
 * client is closed every call throws `Closed`, so that none opens a connection again.
 */
export function withinLifetime(registry: Registry, lifetime: Lifetime): Registry {
  const streamBlob = registry.streamBlob?.bind(registry);
  return {
    id: registry.id,
    resolve: (repository, reference, call) =>
      lifetime.run(call?.signal, (signal) => registry.resolve(repository, reference, { ...call, signal })),
    manifest: (repository, reference, call) =>
      lifetime.run(call?.signal, (signal) => registry.manifest(repository, reference, { ...call, signal })),
    statBlob: (repository, digest, call) =>
      lifetime.run(call?.signal, (signal) => registry.statBlob(repository, digest, { ...call, signal })),
    readBlob: (repository, blob, call) =>
      lifetime.iterate(call?.signal, (signal) => registry.readBlob(repository, blob, { ...call, signal })),
    pushBlob: (repository, blob, open, call) =>
      lifetime.run(call?.signal, (signal) => registry.pushBlob(repository, blob, open, { ...call, signal })),
    ...(streamBlob === undefined
      ? {}
      : {
          streamBlob: (repository, body, call) =>
            lifetime.run(call?.signal, (signal) => streamBlob(repository, body, { ...call, signal })),
        }),
    pushManifest: (repository, manifest, call) =>
      lifetime.run(call?.signal, (signal) =>
        registry.pushManifest(repository, manifest, { ...call, signal }),
      ),
    tags: (repository, call) =>
      lifetime.iterate(call?.signal, (signal) => registry.tags(repository, { ...call, signal })),
    referrers: (repository, digest, call) =>
      lifetime.iterate(call?.signal, (signal) => registry.referrers(repository, digest, { ...call, signal })),
    deleteManifest: (repository, reference, call) =>
      lifetime.run(call?.signal, (signal) =>
        registry.deleteManifest(repository, reference, { ...call, signal }),
      ),
    deleteBlob: (repository, digest, call) =>
      lifetime.run(call?.signal, (signal) => registry.deleteBlob(repository, digest, { ...call, signal })),
  };
}
