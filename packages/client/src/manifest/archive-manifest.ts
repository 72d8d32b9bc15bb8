import { archiveArtifactType, dataMediaType, indexMediaType } from "@blob/format";
import type { BlobId, Descriptor, Digest, Manifest, NewManifest } from "@blob/registry";
import { isDigest } from "@blob/registry";
import type { ClientErrorCode } from "../errors.js";
import { ClientError } from "../errors.js";
import { createdKey } from "./annotations.js";
import { isObject, shown } from "./json-object.js";
import { emptyConfigDescriptor, imageManifestMediaType } from "./image-manifest.js";

/** A manifest that was parsed as that of an archive. */
export interface ArchiveManifest {
  /** Digest, size and type of the manifest itself: what a signature covers. */
  readonly descriptor: Descriptor;
  /** The manifest's bytes as they were stored. */
  readonly bytes: Uint8Array;
  /** The layer with the index. */
  readonly index: Descriptor;
  /** The layer with the contents of the files. */
  readonly data: Descriptor;
  /** Texts by name, as they were stored. Whoever pushed the manifest chose them. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The annotation `org.opencontainers.image.created`, as it was written: RFC 3339. */
  readonly created: string | undefined;
}

/** The manifest of an archive, to be pushed after its blobs. */
export function buildArchiveManifest(
  blobs: { readonly index: BlobId; readonly data: BlobId },
  annotations: Readonly<Record<string, string>>,
): NewManifest {
  const manifest = {
    schemaVersion: 2,
    mediaType: imageManifestMediaType,
    artifactType: archiveArtifactType,
    config: emptyConfigDescriptor,
    layers: [
      { mediaType: indexMediaType, digest: blobs.index.digest, size: blobs.index.size },
      { mediaType: dataMediaType, digest: blobs.data.digest, size: blobs.data.size },
    ],
    annotations,
  };
  return { mediaType: imageManifestMediaType, bytes: new TextEncoder().encode(JSON.stringify(manifest)) };
}

/**
 * Reads a manifest as that of an archive.
 *
 * @throws ClientError `InvalidManifest`, `MissingIndex`, `MissingData`: the message says what it is instead.
 */
export function parseArchiveManifest(manifest: Manifest, reference: string): ArchiveManifest {
  const { descriptor, bytes } = manifest;
  const fail = (code: ClientErrorCode, why: string, cause?: unknown): ClientError =>
    new ClientError(code, `${reference} is not a blob archive: ${why}`, {
      reference,
      digest: descriptor.digest,
      cause,
    });

  const json = parseJson(bytes, (cause) => fail("InvalidManifest", "its manifest is not valid JSON", cause));
  if (!isObject(json)) throw fail("InvalidManifest", "its manifest is not a JSON object");
  const mediaType = json["mediaType"] ?? descriptor.mediaType;
  if (mediaType !== imageManifestMediaType) {
    throw fail("InvalidManifest", `its manifest has the media type ${shown(mediaType)}`);
  }
  if (json["schemaVersion"] !== 2) {
    throw fail("InvalidManifest", `its manifest has the schema version ${shown(json["schemaVersion"])}`);
  }
  if (json["artifactType"] !== archiveArtifactType) {
    throw fail(
      "InvalidManifest",
      `its artifact type is ${shown(json["artifactType"])}, not ${archiveArtifactType}`,
    );
  }
  const layers = json["layers"];
  if (!Array.isArray(layers)) throw fail("InvalidManifest", "its manifest has no layers");
  const descriptors = layers.map((layer: unknown) => {
    const parsed = parseDescriptor(layer);
    if (parsed === undefined) throw fail("InvalidManifest", "a layer is not a valid descriptor");
    return parsed;
  });
  const other = descriptors.find(
    (layer) => layer.mediaType !== indexMediaType && layer.mediaType !== dataMediaType,
  );
  if (other !== undefined)
    throw fail("InvalidManifest", `it has a layer of the type ${shown(other.mediaType)}`);
  const [index, secondIndex] = descriptors.filter((layer) => layer.mediaType === indexMediaType);
  const [data, secondData] = descriptors.filter((layer) => layer.mediaType === dataMediaType);
  if (index === undefined) throw fail("MissingIndex", "it has no index layer");
  if (data === undefined) throw fail("MissingData", "it has no data layer");
  if (secondIndex !== undefined || secondData !== undefined) {
    throw fail("InvalidManifest", "it has more than one index or data layer");
  }
  const annotations = parseAnnotations(json["annotations"]);
  if (annotations === undefined) throw fail("InvalidManifest", "its annotations are not text");
  return { descriptor, bytes, index, data, annotations, created: annotations[createdKey] };
}

function parseJson(bytes: Uint8Array, fail: (cause: unknown) => ClientError): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw fail(cause);
  }
}

function parseDescriptor(json: unknown): Descriptor | undefined {
  if (!isObject(json)) return undefined;
  const { mediaType, digest, size } = json;
  if (typeof mediaType !== "string" || typeof digest !== "string" || !isDigest(digest)) return undefined;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return undefined;
  return { mediaType, digest: digest satisfies Digest, size };
}

function parseAnnotations(json: unknown): Readonly<Record<string, string>> | undefined {
  if (json === undefined || json === null) return {};
  if (!isObject(json)) return undefined;
  // Without a prototype: an annotation may be called __proto__.
  const annotations: Record<string, string> = Object.create(null);
  for (const [key, value] of Object.entries(json)) {
    if (typeof value !== "string") return undefined;
    annotations[key] = value;
  }
  return annotations;
}
