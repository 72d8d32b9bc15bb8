import type { Archive, DirectoryStats, Entry } from "@blob/format";
import type { Descriptor } from "@blob/registry";
import type { ArchivePlace } from "../location.js";
import { parseLocation } from "../location.js";
import type { ArchiveManifest } from "../manifest/archive-manifest.js";
import { open } from "./open.js";
import type { OpenedArchive, PullOptions } from "./pull.js";
import { referrersOf } from "./referrers.js";
import type { ListVerbOptions, VerbContext } from "./verb-context.js";

/**
 * What manifest and index say about an archive. A local archive has no manifest, so what only a manifest says is
 * undefined.
 */
export interface Inspection {
  /** The archive, as the caller wrote it. */
  readonly reference: string;
  /** The parsed manifest; undefined for a local archive. */
  readonly manifest: ArchiveManifest | undefined;
  /** The digest of the manifest. */
  readonly digest: string | undefined;
  /** When it was made, as the manifest says: RFC 3339. */
  readonly created: string | undefined;
  /** How many files there are. */
  readonly fileCount: number;
  /** The size of the index in bytes. */
  readonly indexBlobSize: number;
  /** The size of the data in bytes. */
  readonly dataBlobSize: number;
  /** Sum of the files' sizes, in bytes. */
  readonly totalUncompressedSize: number;
  /** Sum of the files' stored sizes, in bytes. More than `dataBlobSize` when files share their bytes. */
  readonly totalCompressedSize: number;
  /** How the compressed files are compressed; `none` when no file is. */
  readonly compressionRatio: number;
  /** How files are compressed that are: `none` when not one is. */
  readonly compression: Entry["compression"];
  /** How many files are cut into chunks, of which any range can be read and verified by itself. */
  readonly chunkedFileCount: number;
  /** How many chunks these files have; of files with equal content each counts. */
  readonly chunkCount: number;
  /** The archive itself, open for reading. */
  readonly archive: OpenedArchive;
  /**
   * What refers to it, such as signatures: listed when it is asked for, by digest, and not verified. Nothing refers to a
   * local archive.
   */
  referrers(artifactType?: string, options?: ListVerbOptions): Promise<readonly Descriptor[]>;
  /** The referrers again, sorted into signatures and other statements by what they say about themselves. */
  attachments(options?: AttachmentsOptions): Promise<Attachments>;
}

/** Which attachments are listed. */
export interface AttachmentsOptions extends ListVerbOptions {
  /** Only those of this type. Default: all. */
  readonly artifactType?: string | undefined;
}

/** What is attached to an archive. Listed by what it says about itself; nothing is verified. */
export interface Attachments {
  /** Statements that say only that somebody signed the archive. */
  readonly signatures: readonly AttachedStatement[];
  /** Everything else that refers to it. */
  readonly attestations: readonly AttachedStatement[];
}

/** Something that refers to an archive, as it describes itself. */
export interface AttachedStatement {
  /** The digest of the attachment's own manifest. */
  readonly digest: string;
  /** The type that its manifest states. */
  readonly artifactType: string | undefined;
  /** The predicate type that its annotations state; undefined when they state none. */
  readonly predicateType: string | undefined;
  /**
   * False for a bare in-toto statement, which carries no signature and which no policy believes. Undefined for all else:
   * whether that is signed, and by whom, only a verification tells.
   */
  readonly signed: false | undefined;
  /** When it was made, as its annotations state: RFC 3339. */
  readonly created: string | undefined;
  /** All of its annotations. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Two requests: for the manifest and the index. Sums over all files are computed when the first of them is read. */
export async function inspect(
  context: VerbContext,
  place: ArchivePlace,
  options: PullOptions = {},
): Promise<Inspection> {
  const archive = await open(context, place, options);
  const { manifest, reference } = archive;
  let sums: DirectoryStats | undefined;
  const stats = (): DirectoryStats => (sums ??= archive.directoryStats());
  let cuts: ChunkTotals | undefined;
  const chunks = (): ChunkTotals => (cuts ??= chunkTotals(archive));
  const list = async (
    artifactType: string | undefined,
    verb: ListVerbOptions,
  ): Promise<readonly Descriptor[]> => {
    if (manifest === undefined) return [];
    const { digest } = manifest.descriptor;
    return context.lifetime.run(verb.signal, (signal) =>
      referrersOf(context, parseLocation(reference), digest, { ...verb, artifactType, signal }),
    );
  };
  return {
    reference,
    manifest,
    digest: manifest?.descriptor.digest,
    created: manifest?.created,
    fileCount: archive.entryCount,
    indexBlobSize: archive.index.length,
    dataBlobSize: archive.dataSize,
    get totalUncompressedSize() {
      return stats().size;
    },
    get totalCompressedSize() {
      return stats().storedSize;
    },
    get compressionRatio() {
      const { size, storedSize } = stats();
      return size === 0 ? 1 : storedSize / size;
    },
    get compression() {
      for (const entry of archive.entries()) if (entry.compression !== "none") return entry.compression;
      return "none";
    },
    get chunkedFileCount() {
      return chunks().files;
    },
    get chunkCount() {
      return chunks().chunks;
    },
    archive,
    referrers: (artifactType, verb = {}) => list(artifactType, verb),
    attachments: async ({ artifactType, ...verb } = {}) => sorted(await list(artifactType, verb)),
  };
}

interface ChunkTotals {
  readonly files: number;
  readonly chunks: number;
}

function chunkTotals(archive: Archive): ChunkTotals {
  let [files, chunks] = [0, 0];
  for (const { path } of archive.entries()) {
    const count = archive.chunks(path)?.count ?? 0;
    if (count > 0) files += 1;
    chunks += count;
  }
  return { files, chunks };
}

/** The predicate type of a plain signature. Also assumed of bundles that state no type. */
export const signedPredicateType = "https://sigstore.dev/cosign/sign/v1";

const bundleType = /^application\/vnd\.dev\.sigstore\.bundle/u;

/** The types of in-toto statements by themselves. Envelopes with signatures have others, such as `…+dsse`. */
const statementType = /^application\/vnd\.in-toto(?:\.[\w.-]+)?\+json$/iu;

function sorted(found: readonly Descriptor[]): Attachments {
  const all = found.map(({ digest, artifactType, annotations = {} }): AttachedStatement => {
    const isBare = statementType.test(artifactType ?? "");
    return {
      digest,
      artifactType,
      predicateType: annotations[isBare ? "in-toto.io/predicate-type" : "dev.sigstore.bundle.predicateType"],
      signed: isBare ? false : undefined,
      created: annotations["org.opencontainers.image.created"],
      annotations,
    };
  });
  const isSignature = ({
    artifactType = "",
    predicateType = signedPredicateType,
  }: AttachedStatement): boolean => bundleType.test(artifactType) && predicateType === signedPredicateType;
  return { signatures: all.filter(isSignature), attestations: all.filter((one) => !isSignature(one)) };
}
