import type { BlobId, Descriptor, Digest, Manifest } from "./descriptor.js";
import { RegistryError } from "./errors.js";
import { parseManifestContent } from "./manifest-content.js";
import { requiredBlobs } from "./manifest-rules.js";
import { nameOf } from "./reference.js";
import type { CallOptions, PushedBlob, Registry } from "./registry.js";

export interface CopySource {
  readonly registry: Registry;
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
}

export interface CopyTarget {
  readonly registry: Registry;
  readonly repository: string;
  /** Tags for the copy. Without any, it can only be found by its digest. */
  readonly tags?: readonly string[] | undefined;
}

export interface CopyOptions extends CallOptions {
  /** Also copy what refers to the artifact, such as signatures, and what refers to that. Default true. */
  readonly referrers?: boolean | undefined;
  /** How many blobs are under way at once. Default 4. */
  readonly concurrency?: number | undefined;
  /** Called when a blob is there. */
  readonly onBlob?: ((blob: BlobId, pushed: PushedBlob) => void) | undefined;
}

export interface Copied {
  /** The same as at the source: not a byte of a manifest is changed. */
  readonly descriptor: Descriptor;
  /** Manifests copied, referrers and children of indexes included. */
  readonly manifests: number;
  readonly blobs: Readonly<Record<PushedBlob, number>>;
}

/** An index of indexes of indexes has no use; a chain of referrers that is longer has no end. */
const maxDepth = 8;

/** An image for every platform and their signatures stay far below. */
const maxManifests = 10_000;

/**
 * Copies an artifact between any two registries: blobs first, then manifests from the leaves up, tags last, so that
 * nothing ever points to what is not there. Blobs are mounted where both ends are one registry, are not sent when they
 * are there already, and stream through otherwise.
 *
 * @throws RegistryError what either registry throws; `SizeExceeded` for a graph without a reasonable end.
 */
export async function copyArtifact(
  source: CopySource,
  target: CopyTarget,
  options: CopyOptions = {},
): Promise<Copied> {
  const { signal, referrers = true } = options;
  const copier = createCopier(source, target, options);
  const root = await source.registry.manifest(source.repository, source.reference, { signal });
  await copier.copyManifest(root, 0);
  if (referrers) await copier.copyReferrers(root.descriptor.digest, 0);
  for (const tag of target.tags ?? []) {
    const { mediaType, digest } = root.descriptor;
    await target.registry.pushManifest(
      target.repository,
      { mediaType, bytes: root.bytes },
      { tag, digest, signal },
    );
  }
  return { descriptor: root.descriptor, ...copier.counts() };
}

interface Copier {
  copyManifest(manifest: Manifest, depth: number): Promise<void>;
  copyReferrers(subject: Digest, depth: number): Promise<void>;
  counts(): Omit<Copied, "descriptor">;
}

function createCopier(
  source: CopySource,
  target: CopyTarget,
  { signal, concurrency = 4, onBlob }: CopyOptions,
): Copier {
  const seen = new Set<Digest>();
  const blobs: Record<PushedBlob, number> = { uploaded: 0, exists: 0, mounted: 0 };
  const isOneRegistry = source.registry.id === target.registry.id;
  const mountFrom = isOneRegistry ? source.repository : undefined;

  async function copyBlob(blob: BlobId, stop: AbortSignal): Promise<void> {
    const open = (): AsyncIterable<Uint8Array> =>
      source.registry.readBlob(source.repository, blob, { signal: stop });
    const pushed = await target.registry.pushBlob(target.repository, blob, open, { mountFrom, signal: stop });
    blobs[pushed] += 1;
    onBlob?.(blob, pushed);
  }

  async function fetch(digest: Digest): Promise<Manifest> {
    return source.registry.manifest(source.repository, digest, { signal });
  }

  async function copyManifest({ descriptor, bytes }: Manifest, depth: number): Promise<void> {
    if (seen.has(descriptor.digest)) return;
    seen.add(descriptor.digest);
    checkBounds(source, depth, seen.size);
    const content = parseManifestContent(bytes);
    if (content === undefined) throw notCopyable(source, descriptor.digest);
    for (const child of content.manifests) await copyManifest(await fetch(child.digest), depth + 1);
    const wanted = new Map(requiredBlobs(content).map((blob) => [blob.digest, blob]));
    await eachAtOnce([...wanted.values()], concurrency, signal, copyBlob);
    await target.registry.pushManifest(
      target.repository,
      { mediaType: descriptor.mediaType, bytes },
      { digest: descriptor.digest, signal },
    );
  }

  async function copyReferrers(subject: Digest, depth: number): Promise<void> {
    checkBounds(source, depth, seen.size);
    for await (const { digest } of source.registry.referrers(source.repository, subject, { signal })) {
      if (seen.has(digest)) continue;
      await copyManifest(await fetch(digest), depth + 1);
      await copyReferrers(digest, depth + 1);
    }
  }

  return { copyManifest, copyReferrers, counts: () => ({ manifests: seen.size, blobs: { ...blobs } }) };
}

/** Works on some at once. The first failure stops the others, and is thrown when they have stopped. */
async function eachAtOnce<T>(
  items: readonly T[],
  width: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  const stop = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]);
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) {
      try {
        await work(item, stop);
      } catch (error) {
        controller.abort(error);
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.max(1, width) }, worker));
  signal?.throwIfAborted();
  if (controller.signal.aborted) throw controller.signal.reason;
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

function checkBounds(
  { registry, repository, reference }: CopySource,
  depth: number,
  manifests: number,
): void {
  if (depth <= maxDepth && manifests <= maxManifests) return;
  const name = nameOf(repository, reference);
  const message = `${registry.id}: ${name} leads to more than ${maxManifests} manifests, or more than ${maxDepth} levels deep: it is not copied further`;
  throw new RegistryError("SizeExceeded", message, { host: registry.id, reference: name });
}

function notCopyable({ registry, repository }: CopySource, digest: Digest): RegistryError {
  const message = `${registry.id}: ${repository}@${digest} is not a manifest`;
  return new RegistryError("InvalidResponse", message, { host: registry.id, reference: repository, digest });
}
