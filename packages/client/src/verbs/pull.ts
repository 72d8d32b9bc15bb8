import type { Archive, ByteSource, OpenOptions } from "@blob/format";
import { FormatError, openArchive } from "@blob/format";
import type { ContentStore, ContentThreadsOptions } from "@blob/format/node";
import { createContentThreads, nodeSha256 } from "@blob/format/node";
import type { BlobId } from "@blob/registry";
import type { ArchiveManifest } from "../manifest/archive-manifest.js";
import { noCaches } from "../caching/cache-views.js";
import { withContentCache } from "../caching/cached-contents.js";
import { createArchiveLifetime } from "../lifetime/closable-archive.js";
import { ClientError } from "../errors.js";
import { fetchManifest } from "./fetch.js";
import { keepBlocks } from "../caching/kept-blocks.js";
import type { FetchProgress } from "../progress.js";
import type { OpenedRegistry } from "../registries.js";
import { createRegistrySource } from "../registry-source.js";
import type { ReadVerbOptions, VerbContext } from "./verb-context.js";

export interface PullOptions extends ReadVerbOptions, ContentThreadsOptions {
  /** See `OpenOptions` of `@blob/format`: what to refuse in an index, a file, a decoder. */
  readonly limits?: OpenOptions["limits"];
  /** Told how far manifest and index are. */
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

interface InternalPullOptions {
  /** The data is read in whole files, and most of them once. */
  readonly wholeFiles?: boolean;
}

/** What is known about a pulled archive besides its files. */
export interface PulledFrom {
  /** As the caller wrote it. */
  readonly reference: string;
  readonly manifest: ArchiveManifest;
}

/** An archive in a registry: files are fetched when they are read. `await using` closes it. */
export interface PulledArchive extends Archive, PulledFrom, AsyncDisposable {
  /** The client's content cache: give it to `extractArchive`, which then fetches only what it does not have. */
  readonly contents: ContentStore;
  /**
   * Stops what is being read; that and later reads throw `Closed`, as they do when the client is closed. Look-ups go on
   * working.
   */
  close(): Promise<void>;
}

/** The largest index that is downloaded when the caller sets no limit: some 500,000 files. */
const defaultMaxIndexBytes = 64 * 1024 * 1024;

/** Opens an archive with two requests, for the manifest and the index. */
export async function pull(
  context: VerbContext,
  reference: string,
  options: PullOptions & InternalPullOptions = {},
): Promise<PulledArchive> {
  const { limits = {}, onProgress } = options;
  onProgress?.({ stage: "fetching-manifest", bytesDone: 0, bytesTotal: 0 });
  const { location, registry, trustDomain, caches, manifest } = await fetchManifest(
    context,
    reference,
    options,
  );
  const { size } = manifest.descriptor;
  onProgress?.({ stage: "fetching-manifest", bytesDone: size, bytesTotal: size });
  const maxIndexBytes = limits.maxIndexBytes ?? defaultMaxIndexBytes;
  if (manifest.index.size > maxIndexBytes) {
    const message = `${reference}: its index of ${String(manifest.index.size)} bytes is over the limit of ${String(maxIndexBytes)}`;
    throw new ClientError("SizeExceeded", message, { reference, digest: manifest.index.digest });
  }
  const { repository } = location;
  const index = await readIndex(
    context,
    { registry, trustDomain, caches, repository },
    manifest.index,
    options,
  );
  // Whole files at a time would only push out what many small reads need.
  const { blocks } = options.wholeFiles === true ? noCaches : caches;
  const source = createRegistrySource(registry, repository, manifest.data);
  const kept = keepBlocks(blocks, { trustDomain, repository, manifest }, source);
  const lifetime = createArchiveLifetime(
    context.lifetime,
    () => new ClientError("Closed", `${reference} was closed: pull it again to read from it`, { reference }),
  );
  const threads = createContentThreads({ decoderConcurrency: options.decoderConcurrency });
  const archive = open(index, lifetime.source(kept.source), manifest, reference, {
    limits: { ...limits, maxIndexBytes },
    zstd: await context.zstdDecoder(),
    sha256: nodeSha256,
    threads,
  });
  const closeArchive = async (): Promise<void> => {
    lifetime.close();
    await threads.close();
  };
  return Object.assign(lifetime.archive(withContentCache(kept.archive(archive), caches.content, limits)), {
    reference,
    manifest,
    contents: lifetime.contents(caches.content),
    close: closeArchive,
    [Symbol.asyncDispose]: closeArchive,
  });
}

/** Opens the index over the data, when both are what the manifest says. */
function open(
  index: Uint8Array,
  data: ByteSource,
  manifest: ArchiveManifest,
  reference: string,
  options: OpenOptions,
): Archive {
  const mismatch = (why: string, cause?: unknown): ClientError =>
    new ClientError(
      "DigestMismatch",
      `${reference}: the index and the manifest do not belong together: ${why}`,
      {
        reference,
        digest: manifest.data.digest,
        cause,
      },
    );
  let archive: Archive;
  try {
    archive = openArchive(index, data, options);
  } catch (error) {
    if (error instanceof FormatError && error.code === "SourceMismatch") throw mismatch(error.message, error);
    throw error;
  }
  if (archive.dataHash === undefined) throw mismatch("the index does not say which data it describes");
  const described = `sha256:${Buffer.from(archive.dataHash).toString("hex")}`;
  if (described !== manifest.data.digest) throw mismatch(`the index describes the data ${described}`);
  return archive;
}

/** The index, out of the cache or with one request, which those who want it at the same time share. */
async function readIndex(
  { shared }: VerbContext,
  { registry, trustDomain, caches, repository }: OpenedRegistry & { readonly repository: string },
  blob: BlobId,
  { signal, onProgress }: PullOptions,
): Promise<Uint8Array> {
  const { digest, size } = blob;
  const known = await caches.indexes.get(digest, { signal });
  const fetchIndex = async (stop: AbortSignal): Promise<Uint8Array> => {
    const read = await readWhole(registry.readBlob(repository, blob, { signal: stop }), size, onProgress);
    await caches.indexes.put(digest, read, { signal: stop });
    return read;
  };
  const bytes =
    known?.length === size
      ? known
      : await shared.indexes.join(`${trustDomain}/${repository}@${digest}`, fetchIndex, { signal });
  onProgress?.({ stage: "fetching-index", bytesDone: size, bytesTotal: size });
  return bytes;
}

async function readWhole(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
  onProgress: PullOptions["onProgress"],
): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let bytesDone = 0;
  for await (const chunk of chunks) {
    bytes.set(chunk, bytesDone);
    bytesDone += chunk.length;
    if (bytesDone < size) onProgress?.({ stage: "fetching-index", bytesDone, bytesTotal: size });
  }
  return bytes;
}
