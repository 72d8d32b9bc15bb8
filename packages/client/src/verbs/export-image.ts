import { once } from "@blob/core/bytes";
import { together } from "@blob/core/concurrency";
import type { Archive } from "@blob/format";
import type { TarCompression } from "@blob/format/node";
import type { ToTarOptions, ToTarProgress } from "@blob/format/tar";
import type { BlobId, Descriptor, PushedBlob } from "@blob/registry";
import { sha256Digest } from "@blob/registry";
import { annotationsOf, createdKey } from "../manifest/annotations.js";
import { imageManifestMediaType } from "../manifest/image-manifest.js";
import { ClientError } from "../errors.js";
import { parseLocation, writableTag } from "../location.js";
import type { PushProgress } from "../progress.js";
import { loadCodecs } from "./codecs.js";
import type { OpenedArchive } from "./pull.js";
import { withSpool } from "./spool.js";
import { checkedTags, writeTags } from "./tagging.js";
import { createBlobUploads } from "./blob-uploads.js";
import type { VerbContext, VerbOptions } from "./verb-context.js";

/** How an archive becomes an image. */
export interface ExportImageOptions extends VerbOptions, Pick<ToTarOptions, "directory" | "strip"> {
  /** `os/architecture` or `os/architecture/variant`, as runtimes ask for it. Default `linux/amd64`. */
  readonly platform?: string | undefined;
  /** How the layer is compressed. Default `gzip`, which everything reads; `zstd` needs a runtime of 2021 or later. */
  readonly layerCompression?: TarCompression | undefined;
  /** More tags for the same image, put after it; each is written once. */
  readonly tags?: readonly string[] | undefined;
  /**
   * When the image was made. Default: the time in the archive's manifest, or 1970 without one; never the current time,
   * so that the same archive gives the same image.
   */
  readonly created?: Date | undefined;
  /** Where the layer is kept until it is pushed; removed afterwards. Default the system's temporary directory. */
  readonly temporaryDirectory?: string | undefined;
  /**
   * Called synchronously after each file that goes into the layer (`exporting`), then while the layer is uploaded
   * (`pushing-data`); what it throws ends the work.
   */
  readonly onProgress?: ((progress: ToTarProgress | PushProgress) => void) | undefined;
}

/** A blob of the image, and what it took to have it in the repository. */
export interface PushedImageBlob extends BlobId {
  /** What it took: `uploaded`, or `exists` or `mounted` when nothing had to be sent. */
  readonly pushed: PushedBlob;
}

/** An open archive. If it was pulled, the image's annotations name what it was made from. */
export type ImageSource = Archive & Partial<Pick<OpenedArchive, "manifest" | "reference">>;

/** The image as it was pushed. */
export interface ExportImageResult {
  /** The reference that the image was pushed to, as it was given. */
  readonly reference: string;
  /** Digest, size and type of the image's manifest. */
  readonly descriptor: Descriptor;
  /** The image's configuration: JSON with the platform and the `diffId`. */
  readonly config: PushedImageBlob;
  /** The only layer: a tar of the files, compressed as `layerCompression` says. */
  readonly layer: PushedImageBlob;
  /** The digest of the layer's tar before it was compressed. */
  readonly diffId: string;
  /** `os/architecture`, with the variant if one was given. */
  readonly platform: string;
  /** All tags that point to the image now, each once, that of the reference first. */
  readonly tags: readonly string[];
  /** How many files the layer has. */
  readonly files: number;
  /** Sum of the files' sizes in bytes, before they are packed and compressed. */
  readonly size: number;
}

const configMediaType = "application/vnd.oci.image.config.v1+json";

const layerMediaTypes: Readonly<Record<TarCompression, string>> = {
  none: "application/vnd.oci.image.layer.v1.tar",
  gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
};

/**
 * Makes an OCI image of an archive, with one layer that has its files, and pushes it to a repository or a layout: to be
 * mounted as a volume by Kubernetes, or used by containers. The layer is spooled to a temporary directory, every file is
 * verified, and memory stays flat. The manifest comes last.
 *
 * The same archive gives the same image, as long as the compressor is the same: no time, user or host of this run is in it. Its
 * annotations name the archive that it was made of, when that was pulled: `org.opencontainers.image.base.digest` and, unless
 * it is in a layout, `.base.name`. Whoever gives an archive that was pulled had the policies asked then.
 *
 * @throws ClientError `InvalidReference` for a destination without a tag; `InvalidArgument` for a platform or tag that is
 *   none, and for an archive with a name that begins with `.wh.`, which in a layer deletes other files (its `path` says
 *   which): all before anything is read. `TemporaryDirectory`; `TagsIncomplete`; and what reading the archive and the
 *   registry throw.
 * @example
 * ```ts
 * const archive = await client.pull("ghcr.io/acme/site:v1");
 * await client.exportImage("ghcr.io/acme/site-image:v1", archive);
 * ```
 */
export async function exportImage(
  { registries }: VerbContext,
  reference: string,
  archive: ImageSource,
  options: ExportImageOptions = {},
): Promise<ExportImageResult> {
  const { signal, layerCompression = "gzip", onProgress } = options;
  const location = parseLocation(reference);
  const firstTag = writableTag(location);
  const tags = checkedTags([firstTag], options.tags ?? [], reference);
  const platform = parsePlatform(options.platform ?? "linux/amd64", reference);
  const { files, size } = archive.directoryStats(options.directory);
  refuseWhiteouts(archive, options.directory, reference);
  const { repository } = location;
  const { registry } = registries.open(location);
  return withSpool(options.temporaryDirectory, async (spool) => {
    // Loaded here, so that other verbs do not pay for what writes tars and compresses.
    const [{ writeImageLayer }, { openFileSource }, codecs] = await Promise.all([
      import("./image-layer.js"),
      import("@blob/format/node"),
      loadCodecs(),
    ]);
    const contents = { ...options, ...codecs };
    const layer = await writeImageLayer(archive, spool, layerCompression, contents);
    const created = createdOf(archive, options.created);
    const config = configOf(platform, created, layer.diffId);
    const configBlob: BlobId = { digest: sha256Digest(config), size: config.length };
    await using source = await openFileSource(layer.file);
    const uploads = createBlobUploads({ registry, repository, onProgress });
    try {
      const [layerPushed, configPushed] = await together(signal, (stop) => {
        const range = { offset: 0, length: layer.size };
        return [
          uploads.put(layer, () => source.read(range, { signal: stop }), stop, "pushing-data"),
          uploads.put(configBlob, () => once(config), stop),
        ];
      });
      const manifest = {
        mediaType: imageManifestMediaType,
        bytes: jsonBytes({
          schemaVersion: 2,
          mediaType: imageManifestMediaType,
          config: { mediaType: configMediaType, ...configBlob },
          layers: [{ mediaType: layerMediaTypes[layerCompression], digest: layer.digest, size: layer.size }],
          annotations: imageAnnotations(archive, created),
        }),
      };
      const descriptor = await registry.pushManifest(repository, manifest, { tag: firstTag, signal });
      const tagging = { registry, repository, reference, manifest, descriptor, tagged: [firstTag], signal };
      await writeTags(tagging, tags.slice(1));
      return {
        reference,
        descriptor,
        config: { ...configBlob, pushed: configPushed },
        layer: { digest: layer.digest, size: layer.size, pushed: layerPushed },
        diffId: layer.diffId,
        platform: platform.text,
        tags,
        files,
        size,
      };
    } finally {
      await uploads.close();
    }
  });
}

interface Platform {
  readonly text: string;
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | undefined;
}

function parsePlatform(text: string, reference: string): Platform {
  const parts =
    /^(?<os>[a-z0-9]{1,32})\/(?<architecture>[a-z0-9_]{1,32})(?:\/(?<variant>[a-z0-9.]{1,32}))?$/u.exec(
      text,
    )?.groups;
  if (parts === undefined) {
    const message = `${text} is no platform: it reads OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, as in linux/arm64`;
    throw new ClientError("InvalidArgument", message, { reference });
  }
  const { os = "", architecture = "", variant } = parts;
  return { text, os, architecture, variant };
}

/** In a layer such a name says that another file is deleted (image-spec, layer.md, "Whiteouts"). */
const whiteout = /(?:^|\/)\.wh\./u;

function refuseWhiteouts(archive: Archive, directory: string | undefined, reference: string): void {
  for (const { path } of archive.entries(directory)) {
    if (!whiteout.test(path)) continue;
    const message = `${JSON.stringify(path)} cannot be in an image: a name that begins with ".wh." deletes files there, and is none itself`;
    throw new ClientError("InvalidArgument", message, { reference, path });
  }
}

/**
 * The time of the image, in whole seconds. A time in a manifest may be malformed, or outside of what RFC 3339 can
 * express: then 1970.
 */
function createdOf({ manifest }: ImageSource, given: Date | undefined): Date {
  if (given !== undefined) return given;
  const year = (date: Date): number => date.getUTCFullYear();
  const said = new Date(manifest?.created ?? 0);
  return Number.isNaN(said.getTime()) || year(said) < 0 || year(said) > 9999 ? new Date(0) : said;
}

function imageAnnotations(
  { manifest, reference }: ImageSource,
  created: Date,
): Readonly<Record<string, string>> {
  if (manifest === undefined) return annotationsOf({}, created);
  const name = reference === undefined ? undefined : baseName(reference);
  return annotationsOf(
    {
      "org.opencontainers.image.base.digest": manifest.descriptor.digest,
      ...(name === undefined ? {} : { "org.opencontainers.image.base.name": name }),
    },
    created,
  );
}

/** The reference as it means something to others; undefined for a layout, which is a path on this machine. */
function baseName(reference: string): string | undefined {
  const { place, repository, tag, digest } = parseLocation(reference);
  if (place.kind === "layout") return undefined;
  return `${place.host}/${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** The configuration as in image-spec, config.md. The order of its keys decides about the digest. */
function configOf({ os, architecture, variant }: Platform, created: Date, diffId: string): Uint8Array {
  const time = annotationsOf({}, created)[createdKey];
  return jsonBytes({
    created: time,
    architecture,
    os,
    ...(variant === undefined ? {} : { variant }),
    config: {},
    rootfs: { type: "layers", diff_ids: [diffId] },
    history: [{ created: time, created_by: "blob export --image" }],
  });
}

function jsonBytes(json: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(json));
}
