import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Archive } from "@blob/format";
import type { CreateOptions, DroppedModeBits, SkippedFile } from "@blob/format/node";
import { createArchiveFiles, openLocalArchive } from "@blob/format/node";
import type { BlobId, Descriptor, OpenBody, PushedBlob, Registry } from "@blob/registry";
import { sha256Digest } from "@blob/registry";
import { buildArchiveManifest } from "./archive-manifest.js";
import { ClientError } from "./errors.js";
import { emptyConfig } from "./image-manifest.js";
import { parseLocation, writableTag } from "./location.js";
import type { ClientProgress } from "./progress.js";
import type { VerbContext, VerbOptions } from "./verb-context.js";

export interface PushArchiveOptions extends VerbOptions {
  /** More tags for the same manifest, put after it. */
  readonly tags?: readonly string[] | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** When the archive was made, as far as the manifest tells. Default now. */
  readonly created?: Date | undefined;
  /** A repository of the same registry that may have the blobs, such as `acme/site`: tried before any byte is sent. */
  readonly mountFrom?: string | undefined;
  readonly onProgress?: ((progress: ClientProgress) => void) | undefined;
}

/** How a directory is archived (see `CreateOptions` of `@blob/format/node`) and how that is pushed. */
export interface PushOptions extends PushArchiveOptions, Omit<CreateOptions, "signal" | "onProgress"> {
  /** Where the archive is kept until it is pushed; removed afterwards. Default the system's temporary directory. */
  readonly temporaryDirectory?: string | undefined;
}

/** A blob of the archive, and what it took to have it in the repository. */
export interface PushedLayer extends BlobId {
  readonly pushed: PushedBlob;
}

export interface PushArchiveResult {
  readonly reference: string;
  /** Of the manifest: what a signature covers. */
  readonly descriptor: Descriptor;
  readonly index: PushedLayer;
  readonly data: PushedLayer;
  readonly tags: readonly string[];
  readonly files: number;
}

export interface PushResult extends PushArchiveResult {
  /** Sum of the files' sizes, in bytes. */
  readonly size: number;
  /** What was in the directory and is not in the archive. */
  readonly skipped: readonly SkippedFile[];
  /** Files that are in the archive without their setuid, setgid or sticky bit. */
  readonly modeBitsDropped: readonly DroppedModeBits[];
}

/**
 * Archives a directory and pushes it. The archive is spooled to a temporary directory, because a registry wants to
 * know size and digest before the first byte: memory stays flat, and a repeated request does not compress again.
 */
export async function push(
  context: VerbContext,
  reference: string,
  directory: string,
  options: PushOptions = {},
): Promise<PushResult> {
  // Before any work: a reference that cannot be pushed to is found at once.
  writableTag(parseLocation(reference));
  const spool = await mkdtemp(path.join(options.temporaryDirectory ?? tmpdir(), "blob-push-"));
  try {
    const created = await createArchiveFiles(directory, spool, options);
    const archive = await openLocalArchive(spool, { zstd: await context.zstdDecoder() });
    try {
      const pushed = await pushArchive(context, reference, archive, options);
      const { size, skipped, modeBitsDropped } = created;
      return { ...pushed, size, skipped, modeBitsDropped };
    } finally {
      await archive.close();
    }
  } finally {
    await rm(spool, { recursive: true, force: true });
  }
}

/**
 * Pushes an archive that is there already: a local one, or one that was pulled from elsewhere. Blobs that the
 * repository has are not sent again; the manifest comes last.
 *
 * @throws ClientError `InvalidArgument` when the index does not say which data it describes.
 */
export async function pushArchive(
  { registries }: VerbContext,
  reference: string,
  archive: Archive,
  options: PushArchiveOptions = {},
): Promise<PushArchiveResult> {
  const { tags = [], annotations = {}, created = new Date(), mountFrom, onProgress } = options;
  const location = parseLocation(reference);
  const firstTag = writableTag(location);
  const { registry } = registries.open(location);
  const { repository } = location;
  const index: BlobId = { digest: sha256Digest(archive.index), size: archive.index.length };
  const data = dataBlob(archive, reference);
  const manifest = buildArchiveManifest({ index, data }, { annotations, created });

  const [indexPushed, dataPushed] = await togetherOrNotAtAll(options.signal, (signal) => {
    const put = (
      blob: BlobId,
      open: OpenBody,
      stage?: "pushing-index" | "pushing-data",
    ): Promise<PushedBlob> =>
      registry.pushBlob(repository, blob, open, {
        mountFrom,
        signal,
        onProgress: (bytesDone) => stage && onProgress?.({ stage, bytesDone, bytesTotal: blob.size }),
      });
    return Promise.all([
      put(index, () => once(archive.index), "pushing-index"),
      put(data, () => archive.data.read({ offset: 0, length: data.size }, { signal }), "pushing-data"),
      put(emptyConfig, () => once(emptyConfig.bytes)),
    ]);
  });
  const descriptor = await pushManifests(registry, repository, manifest, [firstTag, ...tags], options.signal);
  return {
    reference,
    descriptor,
    index: { ...index, pushed: indexPushed },
    data: { ...data, pushed: dataPushed },
    tags: [firstTag, ...tags],
    files: archive.entryCount,
  };
}

function dataBlob(archive: Archive, reference: string): BlobId {
  if (archive.dataHash === undefined) {
    const message = `${reference}: this archive cannot be pushed, its index does not have the hash of the data`;
    throw new ClientError("InvalidArgument", message, { reference });
  }
  return { digest: `sha256:${Buffer.from(archive.dataHash).toString("hex")}`, size: archive.dataSize };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function pushManifests(
  registry: Registry,
  repository: string,
  manifest: Parameters<Registry["pushManifest"]>[1],
  [first, ...more]: readonly [string, ...string[]],
  signal: AbortSignal | undefined,
): Promise<Descriptor> {
  const descriptor = await registry.pushManifest(repository, manifest, { tag: first, signal });
  for (const tag of more) await registry.pushManifest(repository, manifest, { tag, signal });
  return descriptor;
}

/** Stops the other uploads when one fails, and waits until they have stopped. */
async function togetherOrNotAtAll<T>(
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  try {
    return await work(
      signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]),
    );
  } catch (error) {
    controller.abort(error);
    throw error;
  }
}
