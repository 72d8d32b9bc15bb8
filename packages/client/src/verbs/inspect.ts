import type { DirectoryStats, Entry } from "@blob/format";
import type { Descriptor } from "@blob/registry";
import type { ArchivePlace } from "../location.js";
import { parseLocation } from "../location.js";
import type { ArchiveManifest } from "../manifest/archive-manifest.js";
import { open } from "./open.js";
import type { OpenedArchive, PullOptions } from "./pull.js";
import { referrersOf } from "./referrers.js";
import type { ListVerbOptions, VerbContext } from "./verb-context.js";

/** What there is to know about an archive without reading its files. What a manifest says, a local archive has not. */
export interface Inspection {
  /** As the caller wrote it. */
  readonly reference: string;
  /** A local archive has none. */
  readonly manifest: ArchiveManifest | undefined;
  /** Of the manifest. */
  readonly digest: string | undefined;
  /** When it was made, as the manifest says: RFC 3339. */
  readonly created: string | undefined;
  /** How many files there are. */
  readonly fileCount: number;
  /** In bytes. */
  readonly indexBlobSize: number;
  /** In bytes. */
  readonly dataBlobSize: number;
  /** Sum of the files' sizes, in bytes. */
  readonly totalUncompressedSize: number;
  /** Sum of the files' stored sizes, in bytes. More than `dataBlobSize` when files share their bytes. */
  readonly totalCompressedSize: number;
  /** Compressed to uncompressed size: 0.25 when a quarter is left, 1 for an archive of empty files. */
  readonly compressionRatio: number;
  /** How files are compressed that are: `none` when not one is. */
  readonly compression: Entry["compression"];
  /** The archive itself, open for reading. */
  readonly archive: OpenedArchive;
  /**
   * What refers to it, such as signatures: listed when it is asked for, by digest, and not verified. Nothing refers to a
   * local archive.
   */
  referrers(artifactType?: string, options?: ListVerbOptions): Promise<readonly Descriptor[]>;
  /** The same, sorted by what it says it is. */
  attachments(options?: ListVerbOptions): Promise<Attachments>;
}

/** What is attached to an archive: listed, not verified. */
export interface Attachments {
  /** Statements that say no more than that somebody signed it. */
  readonly signatures: readonly AttachedStatement[];
  /** Everything else that refers to it. */
  readonly attestations: readonly AttachedStatement[];
}

/** Something that refers to an archive, as it describes itself. */
export interface AttachedStatement {
  /** Of its own manifest. */
  readonly digest: string;
  /** The media type that it goes by. */
  readonly artifactType: string | undefined;
  /** What kind of statement its bundle says it has. */
  readonly predicateType: string | undefined;
  /** RFC 3339. */
  readonly created: string | undefined;
}

/** Two requests: the manifest and the index. Sums over all files are made when the first of them is looked at. */
export async function inspect(
  context: VerbContext,
  place: ArchivePlace,
  options: PullOptions = {},
): Promise<Inspection> {
  const archive = await open(context, place, options);
  const { manifest, reference } = archive;
  let sums: DirectoryStats | undefined;
  const stats = (): DirectoryStats => (sums ??= archive.directoryStats());
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
    archive,
    referrers: (artifactType, verb = {}) => list(artifactType, verb),
    attachments: async (verb = {}) => sorted(await list(undefined, verb)),
  };
}

/** What a signature states when it states nothing else: also what is assumed where a bundle does not say. */
export const signedPredicateType = "https://sigstore.dev/cosign/sign/v1";

const bundleType = /^application\/vnd\.dev\.sigstore\.bundle/u;

function sorted(found: readonly Descriptor[]): Attachments {
  const all = found.map(({ digest, artifactType, annotations = {} }): AttachedStatement => ({
    digest,
    artifactType,
    predicateType: annotations["dev.sigstore.bundle.predicateType"],
    created: annotations["org.opencontainers.image.created"],
  }));
  const isSignature = ({
    artifactType = "",
    predicateType = signedPredicateType,
  }: AttachedStatement): boolean => bundleType.test(artifactType) && predicateType === signedPredicateType;
  return { signatures: all.filter(isSignature), attestations: all.filter((one) => !isSignature(one)) };
}
