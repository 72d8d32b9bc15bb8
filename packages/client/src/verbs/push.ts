import { once } from "@blob/core/bytes";
import type { Archive } from "@blob/format";
import type { ArchiveInput, CreateOptions, DroppedModeBits, SkippedFile } from "@blob/format/node";
import type { BlobId, Descriptor, PushedBlob, Registry } from "@blob/registry";
import { isDigest, sha256Digest } from "@blob/registry";
import { annotationsOf } from "../manifest/annotations.js";
import { buildArchiveManifest } from "../manifest/archive-manifest.js";
import { ClientError } from "../errors.js";
import { emptyConfig } from "../manifest/image-manifest.js";
import { parseLocation, writableTag } from "../location.js";
import type { ClientProgress } from "../progress.js";
import { loadCodecs } from "./codecs.js";
import { createOutgoingData, SpoolInstead } from "./outgoing-data.js";
import type { StreamingRegistry } from "./outgoing-stream.js";
import { createSpoolFile } from "./spool-file.js";
import { removeAbandoned, withSpool } from "./spool.js";
import { checkedTags, writeTags } from "./tagging.js";
import { together } from "@blob/core/concurrency";
import { createBlobUploads } from "./blob-uploads.js";
import type { VerbContext, VerbOptions } from "./verb-context.js";

/** Tags, annotations and dates that are written with an archive, and where its blobs may come from. */
export interface PushArchiveOptions extends VerbOptions {
  /** More tags for the same manifest, put after it; each is written once. */
  readonly tags?: readonly string[] | undefined;
  /** Text by names, of 4 MB at most. `org.opencontainers.image.created` has to be a date and time (RFC 3339). */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** When the archive was made, as far as the manifest tells. Default now. */
  readonly created?: Date | undefined;
  /** A repository of the same registry that may have the blobs, such as `acme/site`: tried before any byte is sent. */
  readonly mountFrom?: string | undefined;
  /** How far the verb is, from the first file to the last byte that is sent. */
  readonly onProgress?: ((progress: ClientProgress) => void) | undefined;
}

/** How files are archived (see `CreateOptions` of `@blob/format/node`) and how the archive is pushed. */
export interface PushOptions extends PushArchiveOptions, Omit<CreateOptions, "signal" | "onProgress"> {
  /**
   * Where the archive is kept when it has to be complete before it is sent; removed afterwards. Default the system's
   * temporary directory.
   */
  readonly temporaryDirectory?: string | undefined;
}

/** A blob of the archive, and what it took to have it in the repository. */
export interface PushedLayer extends BlobId {
  /** Whether it was sent, taken from another repository, or there already. */
  readonly pushed: PushedBlob;
}

/** What was pushed. */
export interface PushArchiveResult {
  /** The destination, as the caller wrote it. */
  readonly reference: string;
  /** Digest, size and type of the manifest: what a signature covers. */
  readonly descriptor: Descriptor;
  /** The blob with the index. */
  readonly index: PushedLayer;
  /** The blob with the contents of the files. */
  readonly data: PushedLayer;
  /** All tags that point to the manifest now, each once, that of the reference first. */
  readonly tags: readonly string[];
  /** How many files the archive has. */
  readonly files: number;
}

/** What was pushed, and how it differs from the directory. */
export interface PushResult extends PushArchiveResult {
  /** Sum of the files' sizes, in bytes. */
  readonly size: number;
  /** What was in the directory and is not in the archive. */
  readonly skipped: readonly SkippedFile[];
  /** Files that are in the archive without their setuid, setgid or sticky bit. */
  readonly modeBitsDropped: readonly DroppedModeBits[];
}

/**
 * Archives a directory, or files that are given, and pushes the archive. Where the registry takes bytes before size and
 * digest are known, and cannot have them yet, those of a directory are sent while it is being compressed: the repository
 * is empty, or the tag has an archive of other files. In all other cases, and when such an upload breaks off, the archive
 * is spooled to a temporary directory first, unless it is small. Memory stays flat. Files are read and compressed once,
 * unless an upload breaks off after the first megabytes, or the temporary directory lies in the one that is archived.
 *
 * @throws ClientError `TemporaryDirectory`, and what `pushArchive` throws; arguments are checked before any work.
 */
export async function push(
  context: VerbContext,
  reference: string,
  input: ArchiveInput,
  options: PushOptions = {},
): Promise<PushResult> {
  const plan = planPush(context, reference, options);
  if (typeof input === "string" && options.mountFrom === undefined && canStream(plan.registry)) {
    const pushed = await pushWhileMade(plan, plan.registry, input, options);
    if (pushed !== undefined) return pushed;
  }
  // Loaded here, so that other verbs do not pay for what creates archives.
  const { createArchiveFiles, openLocalArchive } = await import("@blob/format/node");
  return withSpool(options.temporaryDirectory, async (spool) => {
    const created = await createArchiveFiles(input, spool, options);
    const { signal } = options;
    await using archive = await openLocalArchive(spool, { ...(await loadCodecs()), signal });
    const pushed = await pushPlanned(plan, archive, options);
    const { size, skipped, modeBitsDropped } = created;
    return { ...pushed, size, skipped, modeBitsDropped };
  });
}

function canStream(registry: Registry): registry is StreamingRegistry {
  return registry.streamBlob !== undefined;
}

/** Undefined when the archive has to be made again, and spooled. */
async function pushWhileMade(
  plan: PushPlan,
  registry: StreamingRegistry,
  directory: string,
  options: PushOptions,
): Promise<PushResult | undefined> {
  const { createArchive } = await import("@blob/format/node");
  // This push may need no spool, and yet there may be some of others.
  const sweeping = removeAbandoned(options.temporaryDirectory);
  const { repository, firstTag: tag } = plan;
  const { onProgress } = options;
  const outgoing = createOutgoingData({
    registry,
    repository,
    tag,
    signal: options.signal,
    openSpool: () => createSpoolFile(options.temporaryDirectory, directory),
    onProgress: (bytesDone, bytesTotal) => onProgress?.({ stage: "pushing-data", bytesDone, bytesTotal }),
  });
  try {
    const created = await createArchive(directory, outgoing, {
      ...options,
      onProgress(step) {
        outgoing.follow(step);
        onProgress?.(step);
      },
    });
    const { index, files, size, skipped, modeBitsDropped } = created;
    const data = blobIdOf(created.data);
    // The index is sent while the last of the data is.
    const readData = outgoing.end(data);
    // Whoever puts the parts gets its error, unless something else is wrong before.
    readData.catch(() => undefined);
    const parts = { index: { ...blobIdOf(index), bytes: index.bytes }, data, files, readData };
    return { ...(await pushParts(plan, parts, options)), size, skipped, modeBitsDropped };
  } catch (error) {
    if (error instanceof SpoolInstead) return undefined;
    outgoing.fail(error);
    throw error;
  } finally {
    await outgoing.settle();
    await sweeping;
  }
}

function blobIdOf({ digest, size }: { readonly digest: string; readonly size: number }): BlobId {
  if (!isDigest(digest)) throw new TypeError(`an archive has the digest ${digest}`);
  return { digest, size };
}

/**
 * Pushes an existing archive: a local one, or one that was pulled from elsewhere. Blobs that the repository has are not
 * sent again. The manifest is pushed last, when all that it points to is there.
 *
 * @throws ClientError `InvalidArgument` when the index does not have the hash of its data, and for tags, dates and
 * annotations that cannot be written; `TagsIncomplete` when some of several tags could not be written.
 */
export async function pushArchive(
  context: VerbContext,
  reference: string,
  archive: Archive,
  options: PushArchiveOptions = {},
): Promise<PushArchiveResult> {
  return pushPlanned(planPush(context, reference, options), archive, options);
}

/** What is known about a push before there is an archive. */
interface PushPlan {
  readonly reference: string;
  readonly registry: Registry;
  readonly repository: string;
  readonly firstTag: string;
  /** All of them, the first one first. */
  readonly tags: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** Checks all arguments, so that a push that cannot succeed fails before anything is read. */
function planPush(
  { registries }: VerbContext,
  reference: string,
  { tags = [], annotations = {}, created = new Date() }: PushArchiveOptions,
): PushPlan {
  const location = parseLocation(reference);
  const firstTag = writableTag(location);
  return {
    reference,
    registry: registries.open(location).registry,
    repository: location.repository,
    firstTag,
    tags: checkedTags([firstTag], tags, reference),
    annotations: annotationsOf(annotations, created),
  };
}

function pushPlanned(
  plan: PushPlan,
  archive: Archive,
  options: PushArchiveOptions,
): Promise<PushArchiveResult> {
  const data = dataBlob(archive, plan.reference);
  const range = { offset: 0, length: data.size };
  const readData: ReadData = (signal) => archive.data.read(range, { signal });
  const bytes = archive.index;
  const index = { digest: sha256Digest(bytes), size: bytes.length, bytes };
  const parts = { index, data, files: archive.entryCount, readData: Promise.resolve(readData) };
  return pushParts(plan, parts, options);
}

type ReadData = (signal: AbortSignal) => AsyncIterable<Uint8Array>;

/** What is pushed of an archive. */
interface ArchiveParts {
  readonly index: BlobId & { readonly bytes: Uint8Array };
  readonly data: BlobId;
  readonly files: number;
  /** Resolves to undefined when the repository has the data. */
  readonly readData: Promise<ReadData | undefined>;
}

async function pushParts(
  { reference, registry, repository, firstTag, tags, annotations }: PushPlan,
  { data, files, readData, ...parts }: ArchiveParts,
  { mountFrom, onProgress, signal }: PushArchiveOptions,
): Promise<PushArchiveResult> {
  const { bytes, ...index } = parts.index;
  const manifest = buildArchiveManifest({ index, data }, annotations);
  const uploads = createBlobUploads({ registry, repository, mountFrom, onProgress });
  try {
    const [indexPushed, dataPushed] = await together(signal, (stop) => {
      const putData = async (): Promise<PushedBlob> => {
        const read = await readData;
        stop.throwIfAborted();
        return read === undefined ? "uploaded" : uploads.put(data, () => read(stop), stop, "pushing-data");
      };
      return [
        uploads.put(index, () => once(bytes), stop, "pushing-index"),
        putData(),
        uploads.put(emptyConfig, () => once(emptyConfig.bytes), stop),
      ];
    });
    const descriptor = await registry.pushManifest(repository, manifest, { tag: firstTag, signal });
    const tagging = { registry, repository, reference, manifest, descriptor, tagged: [firstTag], signal };
    await writeTags(tagging, tags.slice(1));
    return {
      reference,
      descriptor,
      index: { ...index, pushed: indexPushed },
      data: { ...data, pushed: dataPushed },
      tags,
      files,
    };
  } finally {
    await uploads.close();
  }
}

function dataBlob(archive: Archive, reference: string): BlobId {
  if (archive.dataHash === undefined) {
    const message = `${reference}: this archive cannot be pushed, its index does not have the hash of the data`;
    throw new ClientError("InvalidArgument", message, { reference });
  }
  return { digest: `sha256:${Buffer.from(archive.dataHash).toString("hex")}`, size: archive.dataSize };
}
