import type { Caches } from "@blob/cache";
import type { CallOptions, Descriptor, Digest, LeftOut, Manifest, Registry } from "@blob/registry";
import { isDigest } from "@blob/registry";

/** A registry for policies: lists of referrers and small blobs come out of the cache. */
export interface CachingReferrers {
  readonly registry: Registry;
  /** Whether a list came out of the cache, so that a newer one might say something else. */
  wasRemembered(): boolean;
}

/** No larger bundle is read by a policy. */
const maxBlobBytes = 1024 * 1024;

/** Longer lists are handed through. */
const maxListed = 100;

/**
 * Tells `onLeftOut` what lists leave out. A list is kept only when there is something in it, and nothing was left out:
 * whoever waits for a signature asks again and again.
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
    // Who refuses because of a remembered list is asked again with a new one: that is the time to look further.
    if (exhaustive && wasRemembered) return;
    const found: Descriptor[] = [];
    // Without the referrers API each one was read for its type, and the policy reads it next.
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
      // Whole, before anything is handed out: whoever finds the signature that it wants leaves early.
      let next = await rest.next();
      for (; next.done !== true && found.length < maxListed; next = await rest.next()) found.push(next.value);
      await Promise.all(keeping);
      // What was left out has to be said the next time, too.
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

/** Forgets the lists that something new belongs into. */
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

/** As it was put: only descriptors go in, but the file may be anybody's. */
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
