import type { Archive } from "@blob/format";
import type { Session } from "../session.js";
import { humanSize } from "../sizes.js";

export async function inspect(session: Session, reference: string): Promise<void> {
  const { archive, resolved, manifest } = await session.open(reference);
  const { files, size, storedSize } = archive.directoryStats();
  const ratio = size === 0 ? 1 : storedSize / size;
  const compression = compressionOf(archive);
  const annotations = { ...manifest?.annotations };
  await session.output.result(
    {
      ref: reference,
      resolved_ref: resolved,
      digest: manifest?.descriptor.digest,
      created: manifest?.created,
      files,
      size: { compressed: storedSize, uncompressed: size, ratio },
      compression,
      annotations,
    },
    function* () {
      yield `Reference:   ${reference}`;
      if (manifest !== undefined) yield `Digest:      ${manifest.descriptor.digest}`;
      if (manifest?.created !== undefined) yield `Created:     ${manifest.created}`;
      yield `Files:       ${String(files)}`;
      yield `Size:        ${humanSize(size)}, stored in ${humanSize(archive.dataSize)} and an index of ${humanSize(archive.index.length)}`;
      yield `Compression: ${compression}, to ${(ratio * 100).toFixed(1)} %`;
      for (const [key, value] of Object.entries(annotations)) yield `Annotation:  ${key}=${value}`;
    },
  );
}

function compressionOf(archive: Archive): string {
  for (const entry of archive.entries()) if (entry.compression !== "none") return entry.compression;
  return "none";
}
