import { once } from "@blob/core/bytes";
import path from "node:path";
import { rangeOf } from "../blob-range.js";
import type { LendingBytes } from "../borrowed-bytes.js";
import { readBounded } from "../bounded-body.js";
import type { BlobId, Descriptor, Digest, Manifest } from "../descriptor.js";
import { isDigest, parseDigest } from "../digest.js";
import { RegistryError } from "../errors.js";
import { parseManifestContent } from "../manifest/manifest-content.js";
import {
  checkNewManifest,
  defaultMaxManifestBytes,
  mediaTypeOf,
  requiredBlobs,
} from "../manifest/manifest-rules.js";
import { blobNotFound, manifestNotFound } from "../not-found.js";
import { checkTag, nameOf, parseTagOrDigest } from "../reference.js";
import type { CallOptions, ManifestOptions } from "../registry.js";
import type { CatalogRegistry } from "../catalog.js";
import { removeBlobFile, statBlobFile, syncBlobNames, writeBlobFile } from "./layout-blobs.js";
import { withManifest, withoutManifest, writtenTag } from "./layout-entries.js";
import type { LayoutIndex } from "./layout-index.js";
import { findTag, readLayoutIndex, requireLayoutOrNothing, updateLayoutIndex } from "./layout-index.js";
import { layoutDirectory } from "./layout-path.js";
import type { SubjectMemory } from "./layout-referrers.js";
import { readReferrers } from "./layout-referrers.js";
import { listLayouts } from "./list-layouts.js";
import { createProofs } from "./proofs.js";
import { readBlobFile, wrongSize } from "./read-blob-file.js";

/**
 * OCI image layouts in a directory (image-spec 1.1, image-layout.md): repository "" is the layout at `root` itself,
 * "a/b" the one at `root/a/b`. Other OCI tools read and write them too. Reading never creates anything; the first push
 * makes the layout. Several processes may write at once; blobs and manifests that lost their tag stay on disk.
 *
 * @example
 * ```ts
 * const registry = createLayoutRegistry("./layouts");
 * await registry.pushBlob("acme/site", { digest: sha256Digest(bytes), size: bytes.length }, async function* () {
 *   yield bytes;
 * });
 * ```
 */
export function createLayoutRegistry(root: string): CatalogRegistry {
  const id = `oci:${path.resolve(root)}`;
  const subjects: SubjectMemory = new Map();
  const proofs = createProofs();

  function readWhole(directory: string, blob: BlobId, { signal }: CallOptions): LendingBytes {
    return readBlobFile({ directory, blob, start: 0, end: blob.size, proofs, signal });
  }

  async function openIndex(repository: string, options: CallOptions): Promise<LayoutIndex> {
    const directory = layoutDirectory(root, repository);
    const index = await readLayoutIndex(directory, options);
    if (index !== undefined) return index;
    const message = `${directory}: there is no OCI layout; the first push to it makes one`;
    throw new RegistryError("NotFound", message, { host: directory, reference: "", what: "layout" });
  }

  /** What the index or the file of a manifest says of it; it may be a lie. */
  async function find(
    repository: string,
    reference: string,
    options: CallOptions,
  ): Promise<BlobId & Partial<Descriptor>> {
    const asked = parseTagOrDigest(reference);
    const directory = layoutDirectory(root, repository);
    const index = await openIndex(repository, options);
    if ("tag" in asked) {
      const entry = findTag(index, asked.tag);
      if (entry === undefined) throw tagNotFound(index, repository, asked.tag);
      return entry.descriptor;
    }
    const entry = index.entries.find(({ descriptor }) => descriptor?.digest === asked.digest);
    if (entry?.descriptor !== undefined) return entry.descriptor;
    // Children of an index, and manifests whose tag moved on, are only there as blobs.
    const size = await statBlobFile(directory, asked.digest);
    if (size === undefined) throw manifestNotFound(id, repository, reference);
    return { digest: asked.digest, size };
  }

  function tagNotFound({ entries }: LayoutIndex, repository: string, tag: string): RegistryError {
    const bad = entries.find(({ json, descriptor }) => descriptor === undefined && writtenTag(json) === tag);
    if (bad?.leftOut === undefined) return manifestNotFound(id, repository, tag);
    const name = nameOf(repository, tag);
    const message = `${id}: the entry of ${name} in index.json is no use: ${bad.leftOut.why}`;
    return new RegistryError("NotFound", message, { host: id, reference: name, what: "reference" });
  }

  async function read(repository: string, reference: string, options: ManifestOptions): Promise<Manifest> {
    options.signal?.throwIfAborted();
    const limit = options.maxBytes ?? defaultMaxManifestBytes;
    const found = await find(repository, reference, options);
    const name = nameOf(repository, reference);
    if (found.size > limit) {
      const message = `the manifest ${name} has ${found.size} bytes, more than the limit of ${limit}`;
      throw new RegistryError("SizeExceeded", message, { host: id, reference: name });
    }
    const bytes = await readBounded(
      readWhole(layoutDirectory(root, repository), found, options),
      limit,
      `the manifest ${name}`,
    );
    const content = parseManifestContent(bytes);
    if (content === undefined) throw manifestNotFound(id, repository, reference);
    const mediaType = content.mediaType ?? found.mediaType ?? mediaTypeOf(content);
    return { descriptor: { mediaType, digest: found.digest, size: bytes.length }, bytes };
  }

  /** Layouts hold a manifest among the blobs; whatever else a repository is asked for has to be one too. */
  async function hasBlob(repository: string, digest: Digest): Promise<number | undefined> {
    return statBlobFile(layoutDirectory(root, repository), digest);
  }

  return {
    id,

    repositories: (options = {}) => listLayouts(root, options),

    async resolve(repository, reference, options = {}) {
      options.signal?.throwIfAborted();
      const { mediaType, digest, size } = await find(repository, reference, options);
      if (mediaType === undefined) return (await read(repository, reference, options)).descriptor;
      // An index may name what the layout does not hold.
      const directory = layoutDirectory(root, repository);
      const stored = await statBlobFile(directory, digest);
      if (stored === undefined) throw manifestNotFound(id, repository, reference);
      if (stored !== size) throw wrongSize(directory, { digest, size }, stored);
      return { mediaType, digest, size };
    },

    manifest: async (repository, reference, options = {}) => read(repository, reference, options),

    async statBlob(repository, digest, { signal } = {}) {
      signal?.throwIfAborted();
      return hasBlob(repository, digest);
    },

    readBlob(repository, blob, { range, signal } = {}) {
      const directory = layoutDirectory(root, repository);
      const { start, end } = rangeOf(blob, range);
      return readBlobFile({ directory, blob, start, end, proofs, signal });
    },

    async pushBlob(repository, blob, open, options = {}) {
      options.signal?.throwIfAborted();
      rangeOf(blob, undefined);
      const directory = layoutDirectory(root, repository);
      await requireLayoutOrNothing(directory);
      if ((await statBlobFile(directory, blob.digest)) === blob.size) return "exists";
      const { mountFrom } = options;
      if (mountFrom !== undefined && (await hasBlob(mountFrom, blob.digest)) === blob.size) {
        const source = layoutDirectory(root, mountFrom);
        await writeBlobFile(directory, blob, () => readWhole(source, blob, options).borrow(), options);
        return "mounted";
      }
      await writeBlobFile(directory, blob, open, options);
      return "uploaded";
    },

    async pushManifest(repository, manifest, { tag, digest: promised, signal } = {}) {
      signal?.throwIfAborted();
      if (tag !== undefined) checkTag(tag);
      const directory = layoutDirectory(root, repository);
      await requireLayoutOrNothing(directory);
      const { digest, content } = checkNewManifest(id, manifest, promised);
      for (const blob of requiredBlobs(content)) {
        if ((await statBlobFile(directory, blob.digest)) === undefined) {
          throw blobNotFound(id, repository, blob.digest);
        }
      }
      const { mediaType, bytes } = manifest;
      const descriptor: Descriptor = { mediaType, digest, size: bytes.length };
      if ((await statBlobFile(directory, digest)) !== bytes.length) {
        await writeBlobFile(directory, descriptor, () => once(bytes), { signal });
      }
      await syncBlobNames(directory, [digest, ...requiredBlobs(content).map((blob) => blob.digest)]);
      await updateLayoutIndex(directory, (entries) => withManifest(entries, descriptor, tag), { signal });
      return descriptor;
    },

    referrers(repository, digest, options = {}) {
      parseDigest(digest);
      return readReferrers(layoutDirectory(root, repository), digest, subjects, options);
    },

    async deleteManifest(repository, reference, options = {}) {
      const { signal } = options;
      signal?.throwIfAborted();
      const directory = layoutDirectory(root, repository);
      const { digest } = await find(repository, reference, options);
      const tag = isDigest(reference) ? undefined : reference;
      await updateLayoutIndex(directory, (entries) => withoutManifest(entries, digest, tag), { signal });
      if (tag === undefined) await removeBlobFile(directory, digest);
    },

    async deleteBlob(repository, digest, { signal } = {}) {
      signal?.throwIfAborted();
      if (!(await removeBlobFile(layoutDirectory(root, repository), digest))) {
        throw blobNotFound(id, repository, digest);
      }
    },

    tags: (repository, options = {}) => readTags(() => openIndex(repository, options), options),
  };
}

async function* readTags(
  openIndex: () => Promise<LayoutIndex>,
  { signal }: CallOptions,
): AsyncGenerator<string, void, undefined> {
  const { entries } = await openIndex();
  const tags = new Set(entries.flatMap(({ tag }) => tag ?? []));
  for (const tag of [...tags].toSorted()) {
    signal?.throwIfAborted();
    yield tag;
  }
}
