import type { BlobId, Descriptor } from "@blob/registry";
import { parseJsonObject } from "./json-object.js";

/** What all manifests that we write have in common (image-spec 1.1, manifest.md). */
export const imageManifestMediaType = "application/vnd.oci.image.manifest.v1+json";

/** The config of every artifact: an empty JSON object (image-spec, "Guidance for an Empty Descriptor"). */
export const emptyConfig: BlobId & { readonly bytes: Uint8Array } = {
  digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
  size: 2,
  bytes: new TextEncoder().encode("{}"),
};

export const emptyConfigDescriptor: Descriptor = {
  mediaType: "application/vnd.oci.empty.v1+json",
  digest: emptyConfig.digest,
  size: emptyConfig.size,
};

export const imageIndexMediaType = "application/vnd.oci.image.index.v1+json";

/** The type of a manifest that was kept as bytes: it is in them, or is the one that may leave it out. */
export function manifestMediaType(bytes: Uint8Array): string {
  // What is not JSON is found by whoever parses the manifest.
  const { mediaType, manifests } = parseJsonObject(bytes) ?? {};
  if (typeof mediaType === "string") return mediaType;
  return manifests === undefined ? imageManifestMediaType : imageIndexMediaType;
}
