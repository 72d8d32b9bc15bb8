import type { ArchiveInput } from "@blob/format/node";
import { createArchiveFiles } from "@blob/format/node";
import type { Session } from "../../session/session.js";
import { humanSize } from "../../output/sizes.js";
import type { CreateFlags } from "./create-flags.js";
import { createOptionsOf } from "./create-flags.js";
import type { LeftOutFile } from "../skipped.js";
import { skippedLines } from "../skipped.js";

/** Where files that are given come from. */
export interface GivenFrom {
  /** As the user wrote it. */
  readonly name: string;
  /** What is not among the files, as far as they were asked for by then. */
  readonly leftOut: readonly LeftOutFile[];
}

export async function create(
  session: Session,
  input: ArchiveInput,
  destination: string,
  flags: CreateFlags,
  from: GivenFrom = { name: typeof input === "string" ? input : "", leftOut: [] },
): Promise<void> {
  const { output, signal } = session;
  const created = await createArchiveFiles(input, destination, {
    ...createOptionsOf(flags, session),
    signal,
    onProgress: await session.progress(),
  });
  const { index, data, files, size, modeBitsDropped } = created;
  const skipped = [...from.leftOut, ...created.skipped];
  for (const line of skippedLines({ skipped, modeBitsDropped })) output.note(line);
  // Not the index itself, which is in the file.
  const described = { index: { size: index.size, digest: index.digest }, data };
  const left = { skipped, mode_bits_dropped: modeBitsDropped };
  await output.result({ directory: from.name, destination, files, size, ...described, ...left }, () => [
    `Created ${destination}`,
    `Files:  ${String(files)}, ${humanSize(size)}`,
    `Index:  ${humanSize(index.size)}`,
    `Data:   ${humanSize(data.size)}`,
  ]);
}
