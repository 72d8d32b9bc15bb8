import type { Descriptor } from "./descriptor.js";
import { isDigest } from "./digest.js";

/** What registries themselves look at in a manifest or index; everything else is the business of its reader. */
export interface ManifestContent {
  readonly mediaType: string | undefined;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly subject: Descriptor | undefined;
  readonly config: Descriptor | undefined;
  readonly layers: readonly Descriptor[];
  /** Of an index. */
  readonly manifests: readonly Descriptor[];
}

/** The types by which manifests are asked for. */
export const manifestMediaTypes = {
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
} as const;

/** Stands where an image manifest needs a descriptor and has nothing to say (image-spec, manifest.md). */
export const emptyMediaType = "application/vnd.oci.empty.v1+json";

/** The parts of a manifest that are well-formed; undefined when it is not a JSON object. */
export function parseManifestContent(bytes: Uint8Array): ManifestContent | undefined {
  const json = parseJsonObject(bytes);
  if (json === undefined) return undefined;
  return {
    mediaType: stringIn(json, "mediaType"),
    artifactType: stringIn(json, "artifactType"),
    annotations: annotationsOf(json["annotations"]),
    subject: parseDescriptor(json["subject"]),
    config: parseDescriptor(json["config"]),
    layers: descriptorsIn(json["layers"]),
    manifests: descriptorsIn(json["manifests"]),
  };
}

/**
 * The type of an artifact as the referrers API has it: `artifactType`, or that of the config
 * (distribution-spec 1.1, "Listing Referrers").
 */
export function artifactTypeOf(content: ManifestContent): string | undefined {
  if (content.artifactType !== undefined) return content.artifactType;
  const type = content.config?.mediaType;
  if (type !== emptyMediaType) return type;
  // Not in the specification: artifacts of the time before `artifactType` say what they are by their only layer.
  const [layer, ...more] = content.layers;
  return more.length === 0 && layer?.mediaType !== emptyMediaType ? layer?.mediaType : undefined;
}

export function parseJsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8"),
    );
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** A descriptor, if the value is one. Fields of other kinds are dropped. */
export function parseDescriptor(value: unknown): Descriptor | undefined {
  if (!isObject(value)) return undefined;
  const { mediaType, digest, size } = value;
  if (typeof mediaType !== "string" || typeof digest !== "string" || typeof size !== "number")
    return undefined;
  if (!isDigest(digest) || !Number.isSafeInteger(size) || size < 0) return undefined;
  const artifactType = stringIn(value, "artifactType");
  const annotations = annotationsOf(value["annotations"]);
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function descriptorsIn(value: unknown): readonly Descriptor[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: unknown) => parseDescriptor(one) ?? []);
}

function annotationsOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isObject(value)) return undefined;
  const strings = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(strings);
}

function stringIn(object: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = object[key];
  return typeof value === "string" ? value : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
