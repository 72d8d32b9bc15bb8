import type { Session } from "../../session/session.js";
import { resolvedReference } from "../../session/session.js";
import { counted, humanSize } from "../../output/sizes.js";
import type { ExportFlags } from "./export-flags.js";

export async function exportImage(
  session: Session,
  reference: string,
  destination: string,
  flags: ExportFlags,
): Promise<void> {
  const { signal, output } = session;
  const to = session.expand(destination);
  const { archive, manifest, resolved, policies } = await session.open(reference, flags);
  const client = await session.client();
  const { descriptor, config, layer, diffId, platform, tags, files, size } = await client.exportImage(
    to,
    // Where it came from is said by the archive that the client pulled.
    archive,
    {
      directory: flags.prefix,
      strip: flags.stripPrefix,
      platform: flags.platform,
      layerCompression: flags.layerCompression,
      tags: flags.tag,
      signal,
      onProgress: await session.progress(),
    },
  );
  const { digest } = descriptor;
  await output.result(
    {
      ref: reference,
      resolved_ref: resolved,
      destination,
      resolved_destination: resolvedReference(to, digest),
      format: "image",
      digest,
      platform,
      layer: { digest: layer.digest, size: layer.size, diff_id: diffId, pushed: layer.pushed },
      config: { digest: config.digest, size: config.size },
      tags,
      base_digest: manifest?.descriptor.digest,
      file_count: files,
      total_size: size,
      verified: policies > 0,
      policies_applied: policies,
    },
    () => [
      `Exported ${counted(files, "file")} (${humanSize(size)}) to the image ${destination}`,
      `Digest:   ${digest}`,
      `Layer:    ${humanSize(layer.size)}, ${layer.pushed}`,
      `Platform: ${platform}`,
    ],
  );
}
