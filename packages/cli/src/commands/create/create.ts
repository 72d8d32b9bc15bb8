import { createArchiveFiles } from "@blob/format/node";
import type { Session } from "../../session.js";
import { humanSize } from "../../sizes.js";
import type { CreateFlags } from "./create-flags.js";
import { createOptionsOf } from "./create-flags.js";
import { skippedLines } from "../skipped.js";

export async function create(
  session: Session,
  directory: string,
  destination: string,
  flags: CreateFlags,
): Promise<void> {
  const { output, signal } = session;
  const created = await createArchiveFiles(directory, destination, {
    ...createOptionsOf(flags, session),
    signal,
    onProgress: await session.progress(),
  });
  const { index, data, files, size, skipped, modeBitsDropped } = created;
  for (const line of skippedLines(created)) output.note(line);
  // Not the index itself, which is in the file.
  const described = { index: { size: index.size, digest: index.digest }, data };
  const left = { skipped, mode_bits_dropped: modeBitsDropped };
  await output.result({ directory, destination, files, size, ...described, ...left }, () => [
    `Created ${destination}`,
    `Files:  ${String(files)}, ${humanSize(size)}`,
    `Index:  ${humanSize(index.size)}`,
    `Data:   ${humanSize(data.size)}`,
  ]);
}
