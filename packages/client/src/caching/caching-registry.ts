import type { Caches } from "@blob/cache";
import type { Descriptor, Manifest, ManifestOptions, Registry } from "@blob/registry";
import { isDigest, isRegistryError } from "@blob/registry";
import { isClientError } from "../errors.js";
import { manifestMediaType } from "../manifest/image-manifest.js";
import type { SharedReads } from "./shared-reads.js";

/** A tag that an offline client could not look up, and the digest that the cache has for it. */
export interface StaleReference {
  /** `host/repository:tag` */
  readonly reference: string;
  /** The digest that the tag pointed to at `storedAt`. */
  readonly digest: string;
  /** When a registry last said so, in milliseconds since the epoch. */
  readonly storedAt: number;
}

export interface CachingRegistryOptions {
  /** Begins the cache keys of tags, and of requests that are shared: see `trustDomainOf`. */
  readonly trustDomain: string;
  readonly caches: Pick<Caches, "refs" | "records" | "manifests">;
  readonly shared: SharedReads;
  /** Only calls of the same scope share a request. */
  readonly scope: string;
  readonly onStale: ((stale: StaleReference) => void) | undefined;
}

/**
 * A registry that caches where tags point for their time to live, and manifests by digest without end. A fresh tag
 * costs no request; one that is not costs a HEAD when its manifest is cached, and the GET of the manifest otherwise.
 * Pushing, tagging and deleting through it update the cache.
 */
export function withManifestCaches(registry: Registry, options: CachingRegistryOptions): Registry {
  const { trustDomain, shared, scope, onStale } = options;
  const { refs, records, manifests } = options.caches;
  const refKey = (repository: string, tag: string): string => `${trustDomain}/${repository}:${tag}`;
  const tagsKey = (repository: string, digest: string): string =>
    `tags ${trustDomain}/${repository}@${digest}`;

  async function cached(digest: string, signal: AbortSignal | undefined): Promise<Manifest | undefined> {
    const bytes = isDigest(digest) ? await manifests.get(digest, { signal }) : undefined;
    if (bytes === undefined || !isDigest(digest)) return undefined;
    return { descriptor: { mediaType: manifestMediaType(bytes), digest, size: bytes.length }, bytes };
  }

  async function remember(
    repository: string,
    tag: string,
    digest: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    await refs.put(refKey(repository, tag), digest, { signal });
    // Deleting the manifest deletes its tags: they are recorded to be dropped with it.
    const known = (await records.get(tagsKey(repository, digest), parseTexts, { signal }))?.value ?? [];
    if (known.includes(tag)) return;
    await records.put(tagsKey(repository, digest), [...known, tag].slice(-maxTags), { signal });
  }

  async function forget(
    repository: string,
    reference: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const key = tagsKey(repository, reference);
    const tags = isDigest(reference)
      ? ((await records.get(key, parseTexts, { signal }))?.value ?? [])
      : [reference];
    for (const tag of tags) await refs.delete(refKey(repository, tag), { signal });
  }

  async function fetch(repository: string, reference: string, signal: AbortSignal): Promise<Manifest> {
    const manifest = await registry.manifest(repository, reference, { signal });
    await manifests.put(manifest.descriptor.digest, manifest.bytes, { signal });
    return manifest;
  }

  async function fetchTag(repository: string, tag: string, signal: AbortSignal): Promise<Manifest> {
    const manifest = await fetch(repository, tag, signal);
    await remember(repository, tag, manifest.descriptor.digest, signal);
    return manifest;
  }

  /** The descriptor that a tag has now; when the client is offline, the cached one. */
  async function refresh(
    repository: string,
    tag: string,
    known: StaleReference,
    signal: AbortSignal,
  ): Promise<string> {
    try {
      const { digest } = await registry.resolve(repository, tag, { signal });
      await remember(repository, tag, digest, signal);
      return digest;
    } catch (error) {
      if (isRegistryError(error) && error.code === "NotFound") await forget(repository, tag, signal);
      if (!isClientError(error) || error.code !== "Offline") throw error;
      onStale?.(known);
      return known.digest;
    }
  }

  async function manifestOfTag(repository: string, tag: string, signal: AbortSignal): Promise<Manifest> {
    const ref = await refs.get(refKey(repository, tag), { signal });
    const known = ref && (await cached(ref.digest, signal));
    if (ref === undefined || known === undefined) return fetchTag(repository, tag, signal);
    if (ref.fresh) return known;
    const reference = `${registry.id}/${repository}:${tag}`;
    const digest = await refresh(repository, tag, { reference, ...ref }, signal);
    if (digest === known.descriptor.digest) return known;
    return (await cached(digest, signal)) ?? fetch(repository, digest, signal);
  }

  async function manifestOf(repository: string, reference: string, signal: AbortSignal): Promise<Manifest> {
    if (!isDigest(reference)) return manifestOfTag(repository, reference, signal);
    return (await cached(reference, signal)) ?? fetch(repository, reference, signal);
  }

  /** A call with its own size limit does not share a request: other callers may have another limit. */
  async function bounded(
    repository: string,
    reference: string,
    { maxBytes = Infinity, signal }: ManifestOptions,
  ): Promise<Manifest> {
    const known = isDigest(reference) ? await cached(reference, signal) : undefined;
    if (known !== undefined && known.bytes.length <= maxBytes) return known;
    const manifest = await registry.manifest(repository, reference, { maxBytes, signal });
    await manifests.put(manifest.descriptor.digest, manifest.bytes, { signal });
    return manifest;
  }

  return {
    ...registry,

    async manifest(repository, reference, call = {}) {
      if (call.maxBytes !== undefined) return bounded(repository, reference, call);
      const key = `${scope} ${trustDomain}/${repository} ${reference}`;
      return shared.manifests.join(key, (signal) => manifestOf(repository, reference, signal), call);
    },

    async resolve(repository, reference, { signal } = {}): Promise<Descriptor> {
      const key = `${scope} ${trustDomain}/${repository} ${reference}`;
      const ask = async (stop: AbortSignal): Promise<Descriptor> => {
        const ref = isDigest(reference)
          ? { digest: reference, fresh: true }
          : await refs.get(refKey(repository, reference), { signal: stop });
        const known = ref && (await cached(ref.digest, stop));
        if (ref?.fresh === true && known !== undefined) return known.descriptor;
        try {
          const descriptor = await registry.resolve(repository, reference, { signal: stop });
          if (!isDigest(reference)) await remember(repository, reference, descriptor.digest, stop);
          return descriptor;
        } catch (error) {
          if (known === undefined || !isClientError(error) || error.code !== "Offline") throw error;
          return (await manifestOf(repository, reference, stop)).descriptor;
        }
      };
      return shared.descriptors.join(key, ask, { signal });
    },

    async pushManifest(repository, manifest, call = {}) {
      const { tag } = call;
      const descriptor = await registry
        .pushManifest(repository, manifest, call)
        .catch(async (error: unknown) => {
          // The push may have succeeded although its answer was lost: then the tag points elsewhere now.
          if (tag !== undefined) await forget(repository, tag, undefined);
          throw error;
        });
      // Without the signal: the push has succeeded, and a late abort must not make it look as if it had not.
      await manifests.put(descriptor.digest, manifest.bytes);
      if (tag !== undefined) await remember(repository, tag, descriptor.digest, undefined);
      return descriptor;
    },

    async deleteManifest(repository, reference, call = {}) {
      try {
        await registry.deleteManifest(repository, reference, call);
      } finally {
        await forget(repository, reference, undefined);
      }
    },
  };
}

/** Of one manifest. Tags beyond this are not dropped with the manifest, but when their time to live ends. */
const maxTags = 1000;

function parseTexts(json: unknown): readonly string[] | undefined {
  const isTexts = Array.isArray(json) && json.every((one): one is string => typeof one === "string");
  return isTexts ? json : undefined;
}
