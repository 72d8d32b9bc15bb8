import type { Caches } from "@blob/cache";
import type { CallOptions, Descriptor, Digest, LeftOut, Manifest, Registry } from "@blob/registry";
import { isDigest } from "@blob/registry";

/** A registry for policies, with lists of referrers and small blobs (signature bundles) from the cache. */
export interface CachingReferrers {
  readonly registry: Registry;
  /** Whether some list came out of the cache, so that asking the registry again might give another one. */
  wasRemembered(): boolean;
}

/** The largest bundle that policies read: larger blobs are not cached. */
const maxBlobBytes = 1024 * 1024;

/** Longer lists of referrers are not cached. */
const maxListed = 100;

/**
 * Reports to `onLeftOut` what lists leave out. A list is cached only if it is complete and not empty: someone who waits
 * for a signature to appear asks repeatedly, and must not get an old empty list.
 */
export function withReferrerCaches(
  registry: Registry,
  trustDomain: string,
  { records, manifests }: Pick<Caches, "records" | "manifests">,
  onLeftOut: CallOptions["onLeftOut"],
): CachingReferrers {
  let wasRemembered = false;

  async function* list(
    ...[repository, digest, options = {}]: Parameters<Registry["referrers"]>
  ): AsyncGenerator<Descriptor, void, undefined> {
    const { artifactType, exhaustive = false, signal } = options;
    const key = referrersKey(trustDomain, repository, digest, artifactType, exhaustive);
    const known = await records.get(key, parseDescriptors, { signal });
    if (known?.fresh === true) {
      wasRemembered = true;
      yield* known.value;
      return;
    }
    // A policy that refuses after it saw a cached list is evaluated once more with a new one. An exhaustive search is
    // for then.
    if (exhaustive && wasRemembered) return;
    const found: Descriptor[] = [];
    // Registries without the referrers API list no types, so each manifest was read: kept, since the policy reads it
    // next.
    const keeping: Promise<void>[] = [];
    const onManifest = (manifest: Manifest): void => {
      options.onManifest?.(manifest);
      const { descriptor, bytes } = manifest;
      if (bytes.length <= maxBlobBytes && keeping.length < maxListed) {
        keeping.push(manifests.put(descriptor.digest, bytes, { signal }));
      }
    };
    let isWhole = true;
    const report = (what: LeftOut): void => {
      isWhole = false;
      onLeftOut?.(what);
      options.onLeftOut?.(what);
    };
    const call = { ...options, onManifest, onLeftOut: report };
    const rest = registry.referrers(repository, digest, call)[Symbol.asyncIterator]();
    try {
      // Read to the end before the first is yielded: a policy stops iterating at the first signature that it accepts.
      let next = await rest.next();
      for (; next.done !== true && found.length < maxListed; next = await rest.next()) found.push(next.value);
      await Promise.all(keeping);
      // A list with elements left out is not cached, so that the next call reports them again.
      if (next.done === true && found.length > 0 && isWhole) await records.put(key, found, { signal });
      yield* found;
      for (; next.done !== true; next = await rest.next()) yield next.value;
    } finally {
      await Promise.allSettled(keeping);
      await rest.return?.();
    }
  }

  async function* small(
    ...[repository, blob, options = {}]: Parameters<Registry["readBlob"]>
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { signal } = options;
    const known = await manifests.get(blob.digest, { signal });
    if (known !== undefined && known.length === blob.size) {
      yield known;
      return;
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of registry.readBlob(repository, blob, options)) {
      chunks.push(chunk.slice());
      yield chunk;
    }
    await manifests.put(blob.digest, Buffer.concat(chunks), { signal });
  }

  return {
    registry: {
      ...registry,
      referrers: (repository, digest, options) => list(repository, digest, options),
      readBlob(repository, blob, options = {}) {
        const isSmall = options.range === undefined && blob.size <= maxBlobBytes;
        return isSmall ? small(repository, blob, options) : registry.readBlob(repository, blob, options);
      },
    },
    wasRemembered: () => wasRemembered,
  };
}

/** Drops the cached lists that a new referrer belongs into. */
export async function forgetReferrers(
  trustDomain: string,
  { records }: Pick<Caches, "records">,
  repository: string,
  subject: Digest,
  artifactType: string,
): Promise<void> {
  for (const type of [undefined, artifactType]) {
    for (const exhaustive of [false, true]) {
      await records.delete(referrersKey(trustDomain, repository, subject, type, exhaustive));
    }
  }
}

function referrersKey(
  trustDomain: string,
  repository: string,
  digest: Digest,
  artifactType: string | undefined,
  exhaustive: boolean,
): string {
  const extent = exhaustive ? " exhaustive" : "";
  return `referrers ${trustDomain}/${repository}@${digest} ${artifactType ?? ""}${extent}`;
}

function parseDescriptors(json: unknown): readonly Descriptor[] | undefined {
  return Array.isArray(json) && json.every(isDescriptor) ? json : undefined;
}

/** Checks what was put as a descriptor: the cache file may have been written by another program. */
function isDescriptor(json: unknown): json is Descriptor {
  if (typeof json !== "object" || json === null) return false;
  const field = (name: string): unknown => Reflect.get(json, name);
  const digest = field("digest");
  const annotations = field("annotations") ?? {};
  return (
    typeof field("mediaType") === "string" &&
    typeof digest === "string" &&
    isDigest(digest) &&
    Number.isSafeInteger(field("size")) &&
    ["undefined", "string"].includes(typeof field("artifactType")) &&
    typeof annotations === "object" &&
    Object.values(annotations).every((value) => typeof value === "string")
  );
}
