import type { Archive, ByteSource, OpenOptions, SignalOptions } from "@blob/format";
import { FormatError, openArchiveInTurns } from "@blob/format";
import type { ContentStore, ContentThreadsOptions } from "@blob/format/node";
import type { BlobId, Evidence, Manifest, Registry } from "@blob/registry";
import { noCaches } from "../caching/cache-views.js";
import { cachedContents } from "../caching/cached-contents.js";
import { noteMirrors } from "../caching/wrong-data.js";
import { keepBlocks } from "../caching/kept-blocks.js";
import { ClientError } from "../errors.js";
import { createArchiveLifetime } from "../lifetime/closable-archive.js";
import type { Location } from "../location.js";
import { fullReference, parseLocation, referenceOf } from "../location.js";
import { archiveIn } from "../manifest/archive-in-index.js";
import type { ArchiveManifest } from "../manifest/archive-manifest.js";
import { parseArchiveManifest } from "../manifest/archive-manifest.js";
import type { FetchProgress } from "../progress.js";
import type { OpenedRegistry } from "../registries.js";
import { codecsOnDemand, storeWithCodecs, withCodecs } from "./codecs.js";
import { enforcePolicies } from "./policies.js";
import { loadThreads, threadsOnDemand } from "./threads-on-demand.js";
import type { ReadVerbOptions, VerbContext } from "./verb-context.js";

/** Which policies an archive has to satisfy before it is opened, and how much memory it may take. */
export interface PullOptions extends ReadVerbOptions, ContentThreadsOptions {
  /** The largest index, file and decompression window to accept: see `OpenOptions` of `@blob/format`. */
  readonly limits?: OpenOptions["limits"];
  /** Called while the manifest and the index are fetched. */
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

/** An open archive from a registry, a layout or disk. Files are fetched when they are read. `await using` closes it. */
export interface OpenedArchive extends Archive, AsyncDisposable {
  /** The archive, as the caller wrote it. */
  readonly reference: string;
  /** The parsed manifest; undefined for a local archive. */
  readonly manifest: ArchiveManifest | undefined;
  /** What the policies' acceptance rests on: who signed it. None without policies, or where they need no signature. */
  readonly evidence: readonly Evidence[];
  /**
   * The client's content cache, to give to `extractArchive`, which then fetches only what is not in it. Undefined for a
   * local archive.
   */
  readonly contents: ContentStore | undefined;
  /**
   * Stops reads that are under way; they and later ones throw `Closed`, as they do when the client is closed. Look-ups
   * go on working.
   */
  close(): Promise<void>;
}

/** An archive in a registry, or in an OCI layout. */
export interface PulledArchive extends OpenedArchive {
  /** The manifest, verified against its digest and accepted by the policies. */
  readonly manifest: ArchiveManifest;
  /** The client's content cache, which keeps nothing when the client does not cache contents. */
  readonly contents: ContentStore;
}

/** A manifest of any kind, verified and accepted by the policies. */
export interface ReadManifest extends OpenedRegistry {
  readonly location: Location;
  readonly manifest: Manifest;
  /** What the policies' acceptance rests on. */
  readonly evidence: readonly Evidence[];
}

/** Which manifest a verb needs. */
export interface ManifestReads {
  /** For an image index, read the only archive in it instead of the index itself. Default false. */
  readonly archiveInIndex?: boolean;
  /** Ask the registry where a tag points: for verbs that write what they have read. Default false. */
  readonly askForTags?: boolean;
}

/**
 * Gets a manifest with one request, verifies it, and evaluates the policies before it is parsed as an archive's. With
 * `archiveInIndex`, a reference to an image index takes one request more, and the policies are about the archive in it.
 */
export async function readManifest(
  { lifetime, registries, policies }: VerbContext,
  reference: string,
  { signal, skipCache, onLeftOut, policies: wanted = [] }: ReadVerbOptions,
  { archiveInIndex = false, askForTags = false }: ManifestReads = {},
): Promise<ReadManifest> {
  const location = parseLocation(reference);
  const opened = registries.open(location, { skipCache, askForTags });
  const { repository } = location;
  const named = await opened.registry.manifest(repository, referenceOf(location), { signal });
  const place = { registry: opened.registry, repository, reference, signal, onLeftOut };
  const manifest = archiveInIndex ? await archiveIn(named, place) : named;
  const subject = { lifetime, ...opened, repository, manifest, onLeftOut };
  const evidence = await enforcePolicies([...policies, ...wanted], subject, reference, signal);
  return { ...opened, location, manifest, evidence };
}

/** The manifest of an archive, accepted by the policies, and where its blobs can be read. */
export interface FetchedManifest extends Omit<ReadManifest, "manifest"> {
  readonly manifest: ArchiveManifest;
}

/**
 * Gets the manifest of an archive with one request, verifies it, asks the policies and only then parses it. Of an image
 * index it is that of the only archive in it. All verbs that read archives begin here.
 */
export async function fetchManifest(
  context: VerbContext,
  reference: string,
  options: ReadVerbOptions = {},
): Promise<FetchedManifest> {
  const read = await readManifest(context, reference, options, { archiveInIndex: true });
  return { ...read, manifest: parseArchiveManifest(read.manifest, reference) };
}

/**
 * A blob as a source: each read is one range request, and nothing is asked before the first one.
 *
 * @example
 * ```ts
 * const registry = createHttpRegistry("ghcr.io");
 * const data = createRegistrySource(registry, "acme/site", { digest, size });
 * const archive = openArchive(index, data);
 * ```
 */
export function createRegistrySource(registry: Registry, repository: string, blob: BlobId): ByteSource {
  return {
    id: blob.digest,
    size: blob.size,
    read: (range, { signal } = {}) => registry.readBlob(repository, blob, { range, signal }),
  };
}

/** How the data of an archive is going to be read. */
export interface DataReads {
  /** In whole files, and most of them once. Default false. */
  readonly wholeFiles?: boolean;
}

/** The largest index that is downloaded when the caller sets no limit: some 500,000 files. */
const defaultMaxIndexBytes = 64 * 1024 * 1024;

/** Opens an archive with two requests, for the manifest and the index. */
export async function pull(
  context: VerbContext,
  reference: string,
  options: PullOptions = {},
  { wholeFiles = false }: DataReads = {},
): Promise<PulledArchive> {
  const { limits = {}, onProgress } = options;
  onProgress?.({ stage: "fetching-manifest", bytesDone: 0, bytesTotal: 0 });
  const { location, registry, trustDomain, caches, manifest, evidence, distrust } = await fetchManifest(
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
  const { blocks, chunks } = wholeFiles ? noCaches : caches;
  const source = createRegistrySource(registry, repository, manifest.data);
  const distrustData =
    distrust === undefined ? undefined : (): boolean => distrust(repository, manifest.data.digest);
  const kept = keepBlocks(blocks, { trustDomain, repository, manifest }, source, distrustData);
  const lifetime = createArchiveLifetime(
    context.lifetime,
    () => new ClientError("Closed", `${reference} was closed: pull it again to read from it`, { reference }),
  );
  const { decoderConcurrency } = options;
  const threads =
    decoderConcurrency === undefined ? threadsOnDemand() : await loadThreads({ decoderConcurrency });
  const contents = cachedContents({ content: caches.content, chunks }, limits);
  const archive = await open(index, lifetime.source(withCodecs(kept.source)), manifest, reference, {
    limits: { ...limits, maxIndexBytes },
    ...codecsOnDemand,
    signal: options.signal,
    origin: fullReference(registry, location, manifest.descriptor.digest),
    threads,
    // Past the blocks: what is kept once and verified need not be kept unverified as well.
    chunks: {
      store: contents.store && storeWithCodecs(contents.store),
      data: lifetime.source(withCodecs(source)),
    },
  });
  const closeArchive = async (): Promise<void> => {
    lifetime.close();
    await threads.close();
  };
  const pulled = Object.assign(lifetime.archive(contents.archive(kept.archive(archive))), {
    reference,
    manifest,
    evidence,
    contents: lifetime.contents(caches.content),
    close: closeArchive,
    [Symbol.asyncDispose]: closeArchive,
  });
  noteMirrors(pulled, distrustData);
  return pulled;
}

/** Opens the index over the data, when both are what the manifest says. */
async function open(
  index: Uint8Array,
  data: ByteSource,
  manifest: ArchiveManifest,
  reference: string,
  options: OpenOptions & SignalOptions,
): Promise<Archive> {
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
    archive = await openArchiveInTurns(index, data, options);
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
  // Looking into the cache is a part of it: who looked before the index was there would fetch it once more after that.
  const findOrFetch = async (stop: AbortSignal): Promise<Uint8Array> => {
    const known = await caches.indexes.get(digest, { signal: stop });
    if (known?.length === size) return known;
    const read = await readWhole(registry.readBlob(repository, blob, { signal: stop }), size, onProgress);
    await caches.indexes.put(digest, read, { signal: stop });
    return read;
  };
  const bytes = await shared.indexes.join(`${trustDomain}/${repository}@${digest}`, findOrFetch, { signal });
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
