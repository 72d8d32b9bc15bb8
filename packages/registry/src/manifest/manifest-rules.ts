import type { Descriptor, Digest } from "../descriptor.js";
import { digestLike, sha256Digest } from "../digest.js";
import { RegistryError } from "../errors.js";
import type { ManifestContent } from "./manifest-content.js";
import { manifestMediaTypes, parseManifestContent } from "./manifest-content.js";
import { messageText } from "@blob/core/text";
import type { NewManifest } from "../registry.js";

/** What distribution-spec asks registries to accept at least; nobody writes larger manifests. */
export const defaultMaxManifestBytes: number = 4 * 1024 * 1024;

/** What a store has to know of a manifest before it takes it. */
export interface CheckedManifest {
  readonly digest: Digest;
  readonly content: ManifestContent;
}

/**
 * Checks a manifest as registries do: JSON, of the type that it says, small enough, with the digest that was promised.
 *
 * @throws RegistryError `Rejected`, `SizeExceeded`, `DigestMismatch`
 */
export function checkNewManifest(
  host: string,
  { mediaType, bytes }: NewManifest,
  promised?: Digest,
): CheckedManifest {
  const digest = digestOfManifest(host, bytes, promised);
  if (bytes.length > defaultMaxManifestBytes) {
    const message = `a manifest of ${bytes.length} bytes is larger than the ${defaultMaxManifestBytes} that registries take`;
    throw new RegistryError("SizeExceeded", message, { host, digest });
  }
  const content = parseManifestContent(bytes);
  if (content === undefined)
    throw new RegistryError("Rejected", `${host}: the manifest is not JSON`, { host, digest });
  if (content.mediaType !== undefined && content.mediaType !== mediaType) {
    const message = `${host}: the manifest says that it is ${messageText(content.mediaType)}, not ${messageText(mediaType)}`;
    throw new RegistryError("Rejected", message, { host, digest });
  }
  return { digest, content };
}

/** The digest that a manifest is stored under: the one that was promised, if it is right, else its sha256. */
export function digestOfManifest(host: string, bytes: Uint8Array, promised?: Digest): Digest {
  if (promised === undefined) return sha256Digest(bytes);
  const digest = digestLike(promised, bytes);
  if (digest === promised) return digest;
  const message = `${host}: the manifest has the digest ${digest}, not ${promised}`;
  throw new RegistryError("DigestMismatch", message, { host, digest: promised });
}

/** The blobs that a repository must have before it takes a manifest. Children of an index may be missing: it can be sparse. */
export function requiredBlobs({ config, layers }: ManifestContent): readonly Descriptor[] {
  const blobs = config === undefined ? layers : [config, ...layers];
  return blobs.filter(({ mediaType }) => !isForeign(mediaType));
}

/** The type of a manifest that was stored without one. */
export function mediaTypeOf(content: ManifestContent): string {
  if (content.mediaType !== undefined) return content.mediaType;
  return content.manifests.length > 0 ? manifestMediaTypes.ociIndex : manifestMediaTypes.ociManifest;
}

/** Foreign layers live elsewhere by definition; image-spec has deprecated them, images still have them. */
function isForeign(mediaType: string): boolean {
  return mediaType.includes(".nondistributable.") || mediaType.includes(".foreign.");
}
