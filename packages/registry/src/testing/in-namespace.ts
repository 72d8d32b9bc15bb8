import type { Registry } from "../registry.js";

/** A registry of its own as part of another one: all repositories lie below a name that nobody else uses. */
export function inNamespace(registry: Registry, namespace: string): Registry {
  const below = (repository: string): string => `${namespace}/${repository}`;
  return {
    id: registry.id,
    resolve: (repository, ...rest) => registry.resolve(below(repository), ...rest),
    manifest: (repository, ...rest) => registry.manifest(below(repository), ...rest),
    statBlob: (repository, ...rest) => registry.statBlob(below(repository), ...rest),
    readBlob: (repository, ...rest) => registry.readBlob(below(repository), ...rest),
    pushBlob(repository, blob, open, options = {}) {
      const { mountFrom } = options;
      const moved = mountFrom === undefined ? options : { ...options, mountFrom: below(mountFrom) };
      return registry.pushBlob(below(repository), blob, open, moved);
    },
    pushManifest: (repository, ...rest) => registry.pushManifest(below(repository), ...rest),
    tags: (repository, ...rest) => registry.tags(below(repository), ...rest),
    referrers: (repository, ...rest) => registry.referrers(below(repository), ...rest),
    deleteManifest: (repository, ...rest) => registry.deleteManifest(below(repository), ...rest),
    deleteBlob: (repository, ...rest) => registry.deleteBlob(below(repository), ...rest),
  };
}
