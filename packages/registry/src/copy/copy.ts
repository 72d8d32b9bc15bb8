import type { CopyProgress } from "./copy-progress.js";
import type { CopyOptions, CopySource, CopyTarget } from "./copy-request.js";
import { withProgress } from "./failed-copy.js";
import { createCopier } from "./copier.js";
import type { Descriptor } from "../descriptor.js";
import type { LeftOut } from "../left-out.js";
import { findLegacyTags } from "./legacy-tags.js";
import { checkTag } from "../reference.js";
import type { PushedBlob } from "../registry.js";

/** What a copy came to. */
export interface Copied {
  /** The same as at the source: not a byte of a manifest is changed. */
  readonly descriptor: Descriptor;
  /** Manifests that the destination has taken, referrers and children of indexes included. */
  readonly manifests: number;
  /** How many blobs were sent, were there already, or were mounted. */
  readonly blobs: Readonly<Record<PushedBlob, number>>;
  /**
   * What belongs to the artifact and did not come along, each also told to `onLeftOut`: referrers that are broken at the
   * source, entries of an index that are no descriptors, and, when referrers are copied, the tags by which older
   * versions of cosign name signatures of the artifact (`sha256-….sig`, `.att`, `.sbom`): nothing refers from these to it.
   */
  readonly notCopied: readonly LeftOut[];
}

/**
 * Copies an artifact between any two registries: blobs first, then manifests from the leaves up, tags last, so that
 * nothing ever points to what is not there. Blobs are mounted where both ends are one registry, are not sent when they
 * are there already, and stream through otherwise. With referrers, it costs one listing for each manifest, and three
 * requests without a body, while blobs are under way, for tags that cannot be carried.
 *
 * @example
 * ```ts
 * const from = { registry: createHttpRegistry("ghcr.io"), repository: "acme/site", reference: "v1" };
 * const to = { registry: createLayoutRegistry("./mirror"), repository: "acme/site", tags: ["v1"] };
 * const { descriptor, notCopied } = await copyArtifact(from, to);
 * ```
 * @throws RegistryError what either registry throws, with `copied` for what was copied by then and what was not;
 *   `SizeExceeded` for a graph without a reasonable end; `InvalidReference` for a bad tag, before anything is read.
 */
export async function copyArtifact(
  source: CopySource,
  target: CopyTarget,
  options: CopyOptions = {},
): Promise<Copied> {
  const { signal, referrers = true } = options;
  const tags = [...new Set(target.tags)];
  for (const tag of tags) checkTag(tag);
  const copier = createCopier(source, target, options);
  const { registry, repository } = source;
  const root = await registry.manifest(repository, source.reference, { signal });
  const { mediaType, digest } = root.descriptor;
  const legacy = referrers ? findLegacyTags(registry, repository, digest, signal) : Promise.resolve([]);
  let tagged = 0;
  try {
    await copier.copyManifest(root);
    if (referrers) await copier.copyReferrers();
    for (const tag of tags) {
      await target.registry.pushManifest(
        target.repository,
        { mediaType, bytes: root.bytes },
        { tag, digest, signal },
      );
      tagged += 1;
    }
  } catch (error) {
    await legacy;
    signal?.throwIfAborted();
    const manifests = copier.manifests();
    const progress: CopyProgress = {
      manifests,
      isArtifactCopied: manifests.includes(digest),
      tags: tags.slice(0, tagged),
      missingTags: tags.slice(tagged),
      notCopied: copier.notCopied(),
    };
    throw withProgress(error, progress);
  }
  for (const one of await legacy) copier.leaveOut(one);
  return {
    descriptor: root.descriptor,
    manifests: copier.manifests().length,
    blobs: copier.blobs(),
    notCopied: copier.notCopied(),
  };
}
