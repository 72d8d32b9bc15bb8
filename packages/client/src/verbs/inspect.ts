import type { DirectoryStats } from "@blob/format";
import type { Descriptor } from "@blob/registry";
import type { ArchiveManifest } from "../manifest/archive-manifest.js";
import { parseLocation } from "../location.js";
import { pull } from "./pull.js";
import type { PulledArchive, PullOptions } from "./pull.js";
import { referrersOf } from "./referrers.js";
import type { VerbContext, VerbOptions } from "./verb-context.js";

/** What there is to know about an archive without reading its files. */
export interface Inspection {
  readonly reference: string;
  readonly manifest: ArchiveManifest;
  /** Of the manifest. */
  readonly digest: string;
  readonly created: string | undefined;
  readonly fileCount: number;
  readonly indexBlobSize: number;
  readonly dataBlobSize: number;
  /** Sum of the files' sizes, in bytes. */
  readonly totalUncompressedSize: number;
  /** Sum of the files' stored sizes, in bytes. More than `dataBlobSize` when files share their bytes. */
  readonly totalCompressedSize: number;
  /** Compressed to uncompressed size: 0.25 when a quarter is left, 1 for an archive of empty files. */
  readonly compressionRatio: number;
  /** The archive itself, open for reading. */
  readonly archive: PulledArchive;
  /** What refers to it, such as signatures: listed when it is asked for, by digest, and not verified. */
  referrers(artifactType?: string, options?: VerbOptions): Promise<readonly Descriptor[]>;
}

/** Two requests: the manifest and the index. Sums over all files are made when the first of them is looked at. */
export async function inspect(
  context: VerbContext,
  reference: string,
  options: PullOptions = {},
): Promise<Inspection> {
  const archive = await pull(context, reference, options);
  const { manifest } = archive;
  const { descriptor, created, index, data } = manifest;
  let sums: DirectoryStats | undefined;
  const stats = (): DirectoryStats => (sums ??= archive.directoryStats());
  return {
    reference,
    manifest,
    digest: descriptor.digest,
    created,
    fileCount: archive.entryCount,
    indexBlobSize: index.size,
    dataBlobSize: data.size,
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
    archive,
    referrers: (artifactType, verb = {}) =>
      context.lifetime.run(verb.signal, (signal) =>
        referrersOf(context, parseLocation(reference), descriptor.digest, { ...verb, artifactType, signal }),
      ),
  };
}
