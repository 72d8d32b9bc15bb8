import type { Descriptor } from "../descriptor.js";
import { isDigest } from "../digest.js";

/** What registries themselves look at in a manifest or index; everything else is the business of its reader. */
export interface ManifestContent {
  readonly mediaType: string | undefined;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly subject: Descriptor | undefined;
  readonly config: Descriptor | undefined;
  readonly layers: readonly Descriptor[];
  /** False when something stands in the place of the config or of a layer that is no descriptor, and is missing above. */
  readonly hasAllBlobs: boolean;
  /** Of an index. */
  readonly manifests: readonly Descriptor[];
  /** For each entry of an index that is no descriptor, why not. */
  readonly oddManifests: readonly string[];
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
  const layers = descriptorsIn(json["layers"]);
  const config = parseDescriptor(json["config"]);
  return {
    mediaType: stringIn(json, "mediaType"),
    artifactType: stringIn(json, "artifactType"),
    annotations: annotationsOf(json["annotations"]),
    subject: parseDescriptor(json["subject"]),
    config,
    layers,
    hasAllBlobs:
      (config !== undefined || isNothing(json["config"])) &&
      layers.length === elementsOf(json["layers"]).length,
    manifests: descriptorsIn(json["manifests"]),
    oddManifests: elementsOf(json["manifests"]).flatMap((one) => whyNoDescriptor(one) ?? []),
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

/** What is wrong with something that should be a descriptor; undefined when it is one. Completes "because …". */
export function whyNoDescriptor(value: unknown): string | undefined {
  if (!isObject(value)) return "it is not an object";
  if (typeof value["mediaType"] !== "string") return "it has no mediaType";
  if (parseDescriptor({ ...value, size: 0 }) === undefined) return "it has no digest that is known here";
  return parseDescriptor(value) === undefined ? "its size is not a number of bytes" : undefined;
}

function descriptorsIn(value: unknown): readonly Descriptor[] {
  return elementsOf(value).flatMap((one) => parseDescriptor(one) ?? []);
}

function elementsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Programs in Go write null for what is not there. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
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
