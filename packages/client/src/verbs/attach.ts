import { once } from "@blob/core/bytes";
import type { Attachment, BlobId, Descriptor, NewManifest } from "@blob/registry";
import { sha256Digest } from "@blob/registry";
import { forgetReferrers } from "../caching/caching-referrers.js";
import { annotationsOf } from "../manifest/annotations.js";
import { emptyConfig, emptyConfigDescriptor, imageManifestMediaType } from "../manifest/image-manifest.js";
import type { OpenedRegistry } from "../registries.js";

/** The manifest that something is attached to, and the registry that has it. */
interface AttachTo extends OpenedRegistry {
  readonly repository: string;
  readonly subject: Descriptor;
  readonly signal: AbortSignal | undefined;
}

/** Pushes an attachment as a referrer of a manifest: its bytes, then the manifest that names both. */
export async function attach(
  { registry, trustDomain, caches, repository, subject, signal }: AttachTo,
  attachment: Attachment,
  created: Date,
): Promise<Descriptor> {
  const layer: BlobId = { digest: sha256Digest(attachment.bytes), size: attachment.bytes.length };
  const manifest = buildReferrerManifest(subject, attachment, layer, created);
  await registry.pushBlob(repository, layer, () => once(attachment.bytes), { signal });
  await registry.pushBlob(repository, emptyConfig, () => once(emptyConfig.bytes), { signal });
  try {
    return await registry.pushManifest(repository, manifest, { signal });
  } finally {
    await forgetReferrers(trustDomain, caches, repository, subject.digest, attachment.mediaType);
  }
}

/** The manifest of a referrer, as cosign and the Go implementation write and look for it. */
function buildReferrerManifest(
  { mediaType, digest, size }: Descriptor,
  attachment: Attachment,
  layer: BlobId,
  created: Date,
): NewManifest {
  const manifest = {
    schemaVersion: 2,
    mediaType: imageManifestMediaType,
    artifactType: attachment.mediaType,
    config: emptyConfigDescriptor,
    layers: [{ mediaType: attachment.mediaType, digest: layer.digest, size: layer.size }],
    subject: { mediaType, digest, size },
    annotations: annotationsOf(attachment.annotations, created),
  };
  return { mediaType: imageManifestMediaType, bytes: new TextEncoder().encode(JSON.stringify(manifest)) };
}
