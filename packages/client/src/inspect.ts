import type { Archive } from "@blob/format";
import type { ArchiveManifest } from "./archive-manifest.js";
import { pull } from "./pull.js";
import type { PullOptions } from "./pull.js";
import type { VerbContext } from "./verb-context.js";

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
  readonly archive: Archive;
}

/** Two requests: the manifest and the index. */
export async function inspect(
  context: VerbContext,
  reference: string,
  options: PullOptions = {},
): Promise<Inspection> {
  const archive = await pull(context, reference, options);
  const { manifest } = archive;
  const { size, storedSize } = archive.directoryStats();
  return {
    reference,
    manifest,
    digest: manifest.descriptor.digest,
    created: manifest.created,
    fileCount: archive.entryCount,
    indexBlobSize: manifest.index.size,
    dataBlobSize: manifest.data.size,
    totalUncompressedSize: size,
    totalCompressedSize: storedSize,
    compressionRatio: size === 0 ? 1 : storedSize / size,
    archive,
  };
}
