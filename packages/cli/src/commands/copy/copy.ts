import { parseLocation } from "@blob/client";
import { resolvedReference } from "../../session/session.js";
import type { Session } from "../../session/session.js";

export interface CopyFlags {
  readonly withReferrers: boolean;
  readonly tag?: readonly string[];
  readonly defaultPolicy?: boolean;
}

export async function copy(
  session: Session,
  source: string,
  destination: string,
  flags: CopyFlags,
): Promise<void> {
  const [from, to] = [session.expand(source), session.expand(destination)];
  const client = await session.client();
  const { descriptor, manifests, blobs, tags, notCopied } = await client.copy(from, to, {
    ...(await session.readOptions(source, {
      defaultPolicy: flags.defaultPolicy ?? true,
      written: [destination, ...(flags.tag ?? []).map((tag) => withTag(to, tag))],
    })),
    referrers: flags.withReferrers,
    tags: flags.tag,
    onBlob: ({ digest }, pushed) => session.output.detail(`${digest}: ${pushed}`),
  });
  const { digest } = descriptor;
  for (const { kind, name, why } of notCopied) {
    session.output.warning(`not copied: ${kind === "descriptor" ? name : `the ${kind} ${name}`}: ${why}`);
  }
  await session.output.result(
    {
      src_ref: source,
      resolved_src_ref: resolvedReference(from, digest),
      dst_ref: destination,
      resolved_dst_ref: resolvedReference(to, digest),
      digest,
      tags,
      manifests,
      blobs,
      not_copied: notCopied,
      status: "success",
    },
    () => [
      `Copied ${source} to ${destination}`,
      `Digest:    ${digest}`,
      `Manifests: ${String(manifests)}`,
      `Blobs:     ${String(blobs.uploaded)} uploaded, ${String(blobs.mounted)} mounted, ${String(blobs.exists)} there already`,
    ],
  );
}

/** The reference that a copy gets with another tag. */
function withTag(destination: string, tag: string): string {
  const { place, repository } = parseLocation(destination);
  return place.kind === "layout" ? `oci:${place.path}:${tag}` : `${place.host}/${repository}:${tag}`;
}
