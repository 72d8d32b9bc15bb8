import { rangeOf } from "./blob-range.js";
import type { CatalogRegistry } from "./catalog.js";
import type { BlobId, Descriptor, Digest, Manifest } from "./descriptor.js";
import { createBlobVerifier, isDigest, parseDigest } from "./digest.js";
import { RegistryError } from "./errors.js";
import { checkNewManifest, defaultMaxManifestBytes, requiredBlobs } from "./manifest/manifest-rules.js";
import { blobNotFound, manifestNotFound, repositoryNotFound } from "./not-found.js";
import type { WantedTypes } from "./manifest/referrer.js";
import { isOfType, referrerTo } from "./manifest/referrer.js";
import { checkRepository, checkTag, nameOf, parseTagOrDigest } from "./reference.js";
import type { CallOptions, NewManifest, OpenBody } from "./registry.js";

interface Repository {
  readonly blobs: Map<Digest, Uint8Array>;
  readonly manifests: Map<Digest, NewManifest>;
  readonly tags: Map<string, Digest>;
}

/** Blobs are handed out in pieces, as they come over a network. */
const chunkLength = 64 * 1024;

/**
 * A registry that lives in memory and ends with the process: for tests, examples and short-lived servers. It is as
 * strict as a real one: content is verified, and a manifest is only taken when its blobs are there.
 *
 * @example
 * ```ts
 * // In a test: the same interface, without a server.
 * const registry = createMemoryRegistry();
 * await registry.pushManifest("acme/site", { mediaType, bytes }, { tag: "v1" });
 * ```
 */
export function createMemoryRegistry(): CatalogRegistry {
  const id = "memory";
  const repositories = new Map<string, Repository>();

  function repositoryToWrite(name: string): Repository {
    checkRepository(name);
    let repository = repositories.get(name);
    if (repository === undefined) {
      repository = { blobs: new Map(), manifests: new Map(), tags: new Map() };
      repositories.set(name, repository);
    }
    return repository;
  }

  function find(name: string, reference: string): Manifest {
    checkRepository(name);
    const asked = parseTagOrDigest(reference);
    const repository = repositories.get(name);
    if (repository === undefined) throw repositoryNotFound(id, name);
    const digest = "digest" in asked ? asked.digest : repository.tags.get(asked.tag);
    const stored = digest === undefined ? undefined : repository.manifests.get(digest);
    if (digest === undefined || stored === undefined) throw manifestNotFound(id, name, reference);
    const { mediaType, bytes } = stored;
    return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
  }

  async function* readBlob(
    name: string,
    blob: BlobId,
    { start, end }: { readonly start: number; readonly end: number },
    options: CallOptions,
  ): AsyncGenerator<Uint8Array> {
    options.signal?.throwIfAborted();
    const bytes = repositories.get(name)?.blobs.get(blob.digest);
    if (bytes === undefined) throw blobNotFound(id, name, blob.digest);
    if (bytes.length !== blob.size) {
      const message = `blob ${blob.digest} has ${bytes.length} bytes, not ${blob.size}`;
      throw new RegistryError("DigestMismatch", message, { host: id, reference: name, digest: blob.digest });
    }
    for (let at = start; at < end; at += chunkLength) {
      options.signal?.throwIfAborted();
      yield bytes.subarray(at, Math.min(end, at + chunkLength));
    }
  }

  function* referrersOf(name: string, subject: Digest, types: WantedTypes): Generator<Descriptor> {
    for (const [digest, manifest] of repositories.get(name)?.manifests ?? []) {
      const referrer = referrerTo(subject, { digest, ...manifest });
      if (referrer !== undefined && isOfType(referrer, types)) yield referrer;
    }
  }

  return {
    id,

    async *repositories({ signal } = {}) {
      for (const name of repositories.keys()) {
        signal?.throwIfAborted();
        yield name;
      }
    },

    async resolve(repository, reference, { signal } = {}): Promise<Descriptor> {
      signal?.throwIfAborted();
      return find(repository, reference).descriptor;
    },

    async manifest(repository, reference, options = {}) {
      options.signal?.throwIfAborted();
      const manifest = find(repository, reference);
      const limit = options.maxBytes ?? defaultMaxManifestBytes;
      if (manifest.bytes.length > limit) {
        const name = nameOf(repository, reference);
        const message = `the manifest ${name} has ${manifest.bytes.length} bytes, more than the limit of ${limit}`;
        throw new RegistryError("SizeExceeded", message, { host: id, reference: name });
      }
      return manifest;
    },

    async statBlob(repository, digest, { signal } = {}) {
      signal?.throwIfAborted();
      checkRepository(repository);
      return repositories.get(repository)?.blobs.get(digest)?.length;
    },

    readBlob(repository, blob, options = {}) {
      checkRepository(repository);
      return readBlob(repository, blob, rangeOf(blob, options.range), options);
    },

    async pushBlob(name, blob, open, options = {}) {
      options.signal?.throwIfAborted();
      rangeOf(blob, undefined);
      const repository = repositoryToWrite(name);
      if (repository.blobs.has(blob.digest)) return "exists";
      const mounted = repositories.get(options.mountFrom ?? "")?.blobs.get(blob.digest);
      if (mounted !== undefined) {
        repository.blobs.set(blob.digest, mounted);
        return "mounted";
      }
      repository.blobs.set(blob.digest, await receive(blob, open, options));
      return "uploaded";
    },

    async pushManifest(name, manifest, { tag, digest: promised, signal } = {}) {
      signal?.throwIfAborted();
      if (tag !== undefined) checkTag(tag);
      const repository = repositoryToWrite(name);
      const { digest, content } = checkNewManifest(id, manifest, promised);
      const missing = requiredBlobs(content).find((blob) => !repository.blobs.has(blob.digest));
      if (missing !== undefined) throw blobNotFound(id, name, missing.digest);
      const bytes = Uint8Array.from(manifest.bytes);
      repository.manifests.set(digest, { mediaType: manifest.mediaType, bytes });
      if (tag !== undefined) repository.tags.set(tag, digest);
      return { mediaType: manifest.mediaType, digest, size: bytes.length };
    },

    async *tags(repository, { signal } = {}) {
      checkRepository(repository);
      const found = repositories.get(repository);
      if (found === undefined) {
        throw repositoryNotFound(id, repository);
      }
      for (const tag of [...found.tags.keys()].toSorted()) {
        signal?.throwIfAborted();
        yield tag;
      }
    },

    async *referrers(repository, digest, { signal, ...types } = {}) {
      signal?.throwIfAborted();
      checkRepository(repository);
      parseDigest(digest);
      yield* referrersOf(repository, digest, types);
    },

    async deleteManifest(repository, reference, { signal } = {}) {
      signal?.throwIfAborted();
      const { digest } = find(repository, reference).descriptor;
      const { manifests, tags } = repositoryToWrite(repository);
      if (!isDigest(reference)) {
        tags.delete(reference);
        return;
      }
      manifests.delete(digest);
      for (const [tag, target] of tags) if (target === digest) tags.delete(tag);
    },

    async deleteBlob(repository, digest, { signal } = {}) {
      signal?.throwIfAborted();
      checkRepository(repository);
      parseDigest(digest);
      if (repositories.get(repository)?.blobs.delete(digest) !== true)
        throw blobNotFound(id, repository, digest);
    },
  };
}

async function receive(
  blob: BlobId,
  open: OpenBody,
  { signal, onProgress }: CallOptions & { readonly onProgress?: ((bytesSent: number) => void) | undefined },
): Promise<Uint8Array> {
  const verifier = createBlobVerifier(blob);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of open()) {
    signal?.throwIfAborted();
    verifier.update(chunk);
    // A copy: whoever reads files into one buffer again and again may change it after this.
    chunks.push(Uint8Array.from(chunk));
    size += chunk.length;
    onProgress?.(size);
  }
  verifier.end();
  return Buffer.concat(chunks, size);
}
