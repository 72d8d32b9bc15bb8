import type { Descriptor, LeftOut, Manifest } from "@blob/registry";
import { isDigest } from "@blob/registry";
import { ClientError } from "../errors.js";
import { isObject, parseJsonObject, shown } from "./json-object.js";
import { imageIndexMediaType, imageManifestMediaType } from "./image-manifest.js";

/** Of image-spec (image-index.md), and what Docker called it before. */
const indexMediaTypes: readonly unknown[] = [
  imageIndexMediaType,
  "application/vnd.docker.distribution.manifest.list.v2+json",
];

/** A manifest that is in an index, as the index describes it. */
export interface IndexedManifest extends Omit<Descriptor, "artifactType"> {
  readonly artifactType: string | undefined;
  /** `linux/amd64`, of whatever the index says. */
  readonly platform: string | undefined;
}

/**
 * The manifests of an image index, each once; undefined for a manifest that is none. Elements that cannot be descriptors
 * are left out.
 *
 * @throws ClientError `InvalidManifest` for what says that it is an index and an image: who reads it as the one must not be
 *   led to other bytes than who reads it as the other.
 */
export function parseImageIndex(
  { descriptor, bytes }: Manifest,
  reference: string,
  onLeftOut?: (what: LeftOut) => void,
): readonly IndexedManifest[] | undefined {
  const json = parseJsonObject(bytes);
  if (json === undefined) return undefined;
  const { manifests } = json;
  const mediaType =
    json["mediaType"] ?? (manifests === undefined ? descriptor.mediaType : imageIndexMediaType);
  if (!indexMediaTypes.includes(mediaType)) return undefined;
  const isAmbiguous = json["layers"] !== undefined || json["config"] !== undefined;
  if (isAmbiguous || !Array.isArray(manifests)) {
    const why = isAmbiguous ? "it is an index and an image at once" : "its index has no list of manifests";
    const message = `${reference} cannot be read: ${why}`;
    throw new ClientError("InvalidManifest", message, { reference, digest: descriptor.digest });
  }
  const found = new Map<string, IndexedManifest>();
  for (const element of manifests as readonly unknown[]) {
    const parsed = parseElement(element);
    if (parsed !== undefined) found.set(parsed.digest, found.get(parsed.digest) ?? parsed);
    else onLeftOut?.({ kind: "descriptor", name: shown(element), why: "it is not a valid descriptor" });
  }
  return [...found.values()];
}

/** Whether a manifest in an index could be that of an archive. */
export function isImageManifest({ mediaType }: IndexedManifest): boolean {
  return mediaType === imageManifestMediaType;
}

/** For a message: digest, platform and type. */
export function describeIndexed({ digest, mediaType, artifactType, platform }: IndexedManifest): string {
  const kind = indexMediaTypes.includes(mediaType) ? "an index" : artifactType;
  const about = [platform, kind].filter((part) => part !== undefined).join(", ");
  return about === "" ? digest : `${digest} (${about})`;
}

function parseElement(json: unknown): IndexedManifest | undefined {
  if (!isObject(json)) return undefined;
  const { mediaType, digest, size, artifactType, platform } = json;
  if (typeof mediaType !== "string" || typeof digest !== "string" || !isDigest(digest)) return undefined;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return undefined;
  const type = artifactType === undefined || artifactType === "" ? undefined : artifactType;
  if (type !== undefined && typeof type !== "string") return undefined;
  return { mediaType, digest, size, artifactType: type, platform: platformOf(platform) };
}

function platformOf(json: unknown): string | undefined {
  if (!isObject(json)) return undefined;
  const { os, architecture, variant } = json;
  const parts = [os, architecture, variant].filter((part) => typeof part === "string" && part !== "");
  return parts.length === 0 ? undefined : shown(parts.join("/")).slice(1, -1);
}
