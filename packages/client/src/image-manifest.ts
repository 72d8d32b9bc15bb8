import type { BlobId, Descriptor } from "@blob/registry";

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

export const createdKey = "org.opencontainers.image.created";

/** In whole seconds, as image-spec's examples have it and the Go implementation writes it. */
export function createdAnnotation(created: Date): Readonly<Record<string, string>> {
  return { [createdKey]: created.toISOString().replace(/\.\d+Z$/u, "Z") };
}

/** The type of a manifest that was kept as bytes: it is in them, or is the one that may leave it out. */
export function manifestMediaType(bytes: Uint8Array): string {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (
      typeof json === "object" &&
      json !== null &&
      "mediaType" in json &&
      typeof json.mediaType === "string"
    ) {
      return json.mediaType;
    }
  } catch {
    // Not JSON: whoever parses the manifest says so.
  }
  return imageManifestMediaType;
}
