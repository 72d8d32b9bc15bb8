import { extractArchive } from "@blob/format/node";
import type { Session } from "../session.js";
import { requireComplete } from "../incomplete-error.js";
import { humanSize } from "../sizes.js";

export interface PullFlags {
  readonly prefix?: string;
  readonly overwrite?: boolean;
  readonly preserve?: boolean;
  readonly strict?: boolean;
  readonly workers?: number;
}

export async function pull(
  session: Session,
  reference: string,
  destination: string,
  flags: PullFlags,
): Promise<void> {
  const { output, signal } = session;
  const { archive, resolved, policies } = await session.open(reference);
  const { files, size, skipped } = await extractArchive(archive, destination, {
    directory: flags.prefix,
    overwrite: flags.overwrite,
    preserveMode: flags.preserve,
    preserveTimes: flags.preserve,
    workers: flags.workers,
    signal,
    onProgress: await session.progress(),
  });
  for (const path of skipped) output.note(`exists already, left alone: ${path}`);
  await output.result(
    {
      ref: reference,
      resolved_ref: resolved,
      destination,
      file_count: files,
      skipped_count: skipped.length,
      total_size: size,
      total_size_human: humanSize(size),
      verified: policies > 0,
      policies_applied: policies,
    },
    () => [
      `Pulled ${String(files)} files (${humanSize(size)}) to ${destination}`,
      ...(skipped.length === 0
        ? []
        : [`Left alone: ${String(skipped.length)} (replace them with --overwrite)`]),
    ],
  );
  if (flags.strict === true) requireComplete(skipped);
}
