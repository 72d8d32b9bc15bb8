import { forEachConcurrent } from "@blob/core/concurrency";
import type { CopyOptions, CopySource, CopyTarget } from "./copy-request.js";
import type { BlobId, Digest, Manifest } from "../descriptor.js";
import { isRegistryError, RegistryError } from "../errors.js";
import type { LeftOut } from "../left-out.js";
import type { ManifestContent } from "../manifest/manifest-content.js";
import { parseManifestContent } from "../manifest/manifest-content.js";
import { requiredBlobs } from "../manifest/manifest-rules.js";
import { nameOf } from "../reference.js";
import { referrersTag } from "../manifest/referrer.js";
import type { PushedBlob } from "../registry.js";

/** One copy under way. */
export interface Copier {
  /** Copies a manifest with all that it needs. */
  copyManifest(manifest: Manifest): Promise<void>;
  /** Copies what refers to the manifests that were copied, and what refers to that. */
  copyReferrers(): Promise<void>;
  leaveOut(what: LeftOut): void;
  /** Those that the destination has taken, in this order. */
  manifests(): readonly Digest[];
  blobs(): Readonly<Record<PushedBlob, number>>;
  notCopied(): readonly LeftOut[];
}

/** An index of indexes of indexes has no use; a chain of referrers that is longer has no end. */
const maxDepth = 8;

/** An image for every platform and their signatures stay far below. */
const maxManifests = 10_000;

/** What a source says of something that it lists and does not have as it should be. */
const broken: ReadonlySet<string> = new Set([
  "NotFound",
  "DigestMismatch",
  "InvalidResponse",
  "SizeExceeded",
]);

export function createCopier(
  source: CopySource,
  target: CopyTarget,
  { signal, concurrency = 4, onBlob, onLeftOut }: CopyOptions,
): Copier {
  /** At which depth each was found. */
  const seen = new Map<Digest, number>();
  const taken: Digest[] = [];
  const leftOut: LeftOut[] = [];
  const said = new Set<string>();
  const blobs: Record<PushedBlob, number> = { uploaded: 0, exists: 0, mounted: 0 };
  /** Errors of the source, as against those of the destination. */
  const ofSource = new WeakSet<object>();
  const isOneRegistry = source.registry.id === target.registry.id;
  const mountFrom = isOneRegistry ? source.repository : undefined;

  /** Every listing of a layout's referrers says again what its index has that is no good. */
  function leaveOut(what: LeftOut): void {
    const key = `${what.kind} ${what.name} ${what.why}`;
    if (said.has(key)) return;
    said.add(key);
    leftOut.push(what);
    onLeftOut?.(what);
  }

  /** A manifest whose tag is none is a referrer all the same: only the tag that lists referrers hides them. */
  function isMissed({ kind, name }: LeftOut, subject: Digest): boolean {
    return kind !== "tag" || name === referrersTag(subject);
  }

  function remember(error: unknown): unknown {
    if (typeof error === "object" && error !== null) ofSource.add(error);
    return error;
  }

  async function* readBlob(blob: BlobId, stop: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* source.registry.readBlob(source.repository, blob, { signal: stop });
    } catch (error) {
      throw remember(error);
    }
  }

  async function copyBlob(blob: BlobId, stop: AbortSignal): Promise<void> {
    const open = (): AsyncIterable<Uint8Array> => readBlob(blob, stop);
    const pushed = await target.registry.pushBlob(target.repository, blob, open, { mountFrom, signal: stop });
    blobs[pushed] += 1;
    onBlob?.(blob, pushed);
  }

  async function fetch(digest: Digest): Promise<Manifest> {
    try {
      return await source.registry.manifest(source.repository, digest, { signal });
    } catch (error) {
      throw remember(error);
    }
  }

  function contentOf({ descriptor: { digest }, bytes }: Manifest): ManifestContent {
    const content = parseManifestContent(bytes);
    if (content !== undefined && content.hasAllBlobs) return content;
    const why =
      content === undefined ? "it is not a manifest" : "its config or layers are not all descriptors";
    const { registry, repository } = source;
    const message = `${registry.id}: ${repository}@${digest} cannot be copied: ${why}`;
    const details = { host: registry.id, reference: repository, digest };
    throw remember(new RegistryError("InvalidResponse", message, details));
  }

  async function copyManifest(manifest: Manifest, depth: number): Promise<void> {
    const { mediaType, digest } = manifest.descriptor;
    if (seen.has(digest)) return;
    seen.set(digest, depth);
    const content = contentOf(manifest);
    const children = content.manifests.filter((child) => !seen.has(child.digest));
    checkBounds(source, children.length > 0 ? depth + 1 : depth, seen.size + children.length);
    for (const why of content.oddManifests) {
      leaveOut({ kind: "descriptor", name: `an entry of the index ${digest}`, why });
    }
    for (const child of children) {
      if (!seen.has(child.digest)) await copyManifest(await fetch(child.digest), depth + 1);
    }
    const wanted = new Map(requiredBlobs(content).map((blob) => [blob.digest, blob]));
    await forEachConcurrent([...wanted.values()], concurrency, signal, copyBlob);
    const { bytes } = manifest;
    await target.registry.pushManifest(target.repository, { mediaType, bytes }, { digest, signal });
    taken.push(digest);
  }

  async function copyReferrersOf(subject: Digest, depth: number): Promise<void> {
    /** What was read to list them need not be read again. */
    const read = new Map<Digest, Manifest>();
    const listed = source.registry.referrers(source.repository, subject, {
      signal,
      onLeftOut: (what) => void (isMissed(what, subject) && leaveOut(what)),
      onManifest: (manifest) => read.set(manifest.descriptor.digest, manifest),
    });
    for await (const { digest } of listed) {
      const manifest = read.get(digest);
      read.delete(digest);
      if (seen.has(digest)) continue;
      checkBounds(source, depth + 1, seen.size + 1);
      try {
        await copyManifest(manifest ?? (await fetch(digest)), depth + 1);
      } catch (error) {
        if (!isRegistryError(error) || !ofSource.has(error) || !broken.has(error.code)) throw error;
        seen.set(digest, depth + 1);
        leaveOut({ kind: "referrer", name: digest, why: error.message });
      }
    }
  }

  return {
    copyManifest: (manifest) => copyManifest(manifest, 0),
    async copyReferrers() {
      // Those that are copied meanwhile come to its end.
      for (const digest of taken) await copyReferrersOf(digest, seen.get(digest) ?? 0);
    },
    leaveOut,
    manifests: () => [...taken],
    blobs: () => ({ ...blobs }),
    notCopied: () => [...leftOut],
  };
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
