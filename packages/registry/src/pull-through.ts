import { rangeOf } from "./blob-range.js";
import { readBounded } from "./bounded-body.js";
import type { BlobId, Digest, Manifest } from "./descriptor.js";
import { isDigest } from "./digest.js";
import { isRegistryError, RegistryError } from "./errors.js";
import { parseManifestContent } from "./manifest/manifest-content.js";
import { defaultMaxManifestBytes, mediaTypeOf } from "./manifest/manifest-rules.js";
import type { CallOptions, ManifestOptions, Registry } from "./registry.js";

/** Where a pull-through registry reads, and where it keeps what it has read. */
export interface PullThroughOptions {
  /** The registry that is copied: asked for tags, lists, and whatever the store does not have. */
  readonly origin: Registry;
  /** Keeps manifests and blobs under their digests. Tags in it are ignored. */
  readonly store: Registry;
}

/**
 * A registry to read from, which keeps every manifest and every blob that was read whole. Tags always come from the
 * origin. A range of a blob that is not kept yet is read from the origin and not kept: reading one file of an archive
 * must not fetch all of it. A store that fails is a miss. Whatever writes throws `Unsupported`.
 *
 * @example
 * ```ts
 * const mirror = createPullThroughRegistry({
 *   origin: createHttpRegistry("ghcr.io"),
 *   store: createLayoutRegistry("./kept"),
 * });
 * ```
 */
export function createPullThroughRegistry({ origin, store }: PullThroughOptions): Registry {
  const refuse = async (): Promise<never> => {
    const message = `${origin.id}: this is a copy to read from; write to the registry itself`;
    throw new RegistryError("Unsupported", message, { host: origin.id });
  };

  async function* readWhole(
    repository: string,
    blob: BlobId,
    options: CallOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    yield* (await keep(repository, blob, () => origin.readBlob(repository, blob, options), options))
      ? store.readBlob(repository, blob, options)
      : origin.readBlob(repository, blob, options);
  }

  async function* readPart(
    repository: string,
    blob: BlobId,
    range: { readonly offset: number; readonly length: number },
    options: CallOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const isKept = (await sizeInStore(repository, blob.digest, options)) === blob.size;
    yield* (isKept ? store : origin).readBlob(repository, blob, { ...options, range });
  }

  /** Whether the store has the blob now. What the origin says is thrown; what the store says is not. */
  async function keep(
    repository: string,
    blob: BlobId,
    open: () => AsyncIterable<Uint8Array>,
    { signal }: CallOptions,
  ): Promise<boolean> {
    try {
      await store.pushBlob(repository, blob, open, { signal });
      return true;
    } catch (error) {
      signal?.throwIfAborted();
      if (isRegistryError(error) && error.host !== origin.id) return false;
      throw error;
    }
  }

  async function sizeInStore(
    repository: string,
    digest: Digest,
    { signal }: CallOptions,
  ): Promise<number | undefined> {
    try {
      return await store.statBlob(repository, digest, { signal });
    } catch {
      signal?.throwIfAborted();
      return undefined;
    }
  }

  async function manifestInStore(
    repository: string,
    digest: Digest,
    { signal, maxBytes = defaultMaxManifestBytes }: ManifestOptions,
  ): Promise<Manifest | undefined> {
    const size = await sizeInStore(repository, digest, { signal });
    if (size === undefined || size > maxBytes) return undefined;
    try {
      const bytes = await readBounded(
        store.readBlob(repository, { digest, size }, { signal }),
        size,
        "the manifest",
      );
      const content = parseManifestContent(bytes);
      if (content === undefined) return undefined;
      return { descriptor: { mediaType: mediaTypeOf(content), digest, size }, bytes };
    } catch {
      signal?.throwIfAborted();
      return undefined;
    }
  }

  return {
    id: origin.id,
    resolve: (repository, reference, options) => origin.resolve(repository, reference, options),
    tags: (repository, options) => origin.tags(repository, options),
    referrers: (repository, digest, options) => origin.referrers(repository, digest, options),

    async manifest(repository, reference, options = {}) {
      const kept = isDigest(reference) ? await manifestInStore(repository, reference, options) : undefined;
      if (kept !== undefined) return kept;
      const manifest = await origin.manifest(repository, reference, options);
      const { bytes, descriptor } = manifest;
      await keep(repository, descriptor, () => once(bytes), options);
      return manifest;
    },

    async statBlob(repository, digest, options = {}) {
      return (await sizeInStore(repository, digest, options)) ?? origin.statBlob(repository, digest, options);
    },

    readBlob(repository, blob, { range, signal } = {}) {
      const { start, end } = rangeOf(blob, range);
      if (start === 0 && end === blob.size) return readWhole(repository, blob, { signal });
      return readPart(repository, blob, { offset: start, length: end - start }, { signal });
    },

    pushBlob: refuse,
    pushManifest: refuse,
    deleteManifest: refuse,
    deleteBlob: refuse,
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
