import type { Descriptor, Digest } from "../descriptor.js";
import { parseDigest } from "../digest.js";
import { artifactTypeOf, parseManifestContent } from "./manifest-content.js";
import type { NewManifest, ReferrersOptions } from "../registry.js";

/** The descriptor by which a manifest is listed as a referrer of a subject; undefined when it is not one. */
export function referrerTo(
  subject: Digest,
  { digest, mediaType, bytes }: NewManifest & { readonly digest: Digest },
): Descriptor | undefined {
  const content = parseManifestContent(bytes);
  if (content?.subject?.digest !== subject) return undefined;
  const artifactType = artifactTypeOf(content);
  const { annotations } = content;
  return {
    mediaType,
    digest,
    size: bytes.length,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

export type WantedTypes = Pick<ReferrersOptions, "artifactType" | "equivalentTypes">;

export function isOfType(
  { artifactType: its }: Pick<Descriptor, "artifactType">,
  { artifactType, equivalentTypes = [] }: WantedTypes,
): boolean {
  return (
    artifactType === undefined || its === artifactType || (its !== undefined && equivalentTypes.includes(its))
  );
}

/**
 * The tag under which registries without the referrers API keep a subject's referrers (distribution-spec 1.1,
 * "Referrers Tag Schema").
 */
export function referrersTag(subject: Digest): string {
  const { algorithm, hex } = parseDigest(subject);
  return `${algorithm.slice(0, 32)}-${hex.slice(0, 64)}`;
}
