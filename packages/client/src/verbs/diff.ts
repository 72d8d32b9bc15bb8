import type { ArchiveDiff } from "@blob/format";
import { diffArchives } from "@blob/format";
import type { DiffDirectoryOptions, DirectoryDiff } from "@blob/format/node";
import { diffDirectory as diffWithDirectory } from "@blob/format/node";
import type { PullOptions } from "./pull.js";
import { pull } from "./pull.js";
import type { VerbContext } from "./verb-context.js";

/** What it takes to get from one archive to another, from their indexes alone: no file is read. */
export async function diff(
  context: VerbContext,
  before: string,
  after: string,
  options: PullOptions = {},
): Promise<ArchiveDiff> {
  await using older = await pull(context, before, options);
  await using newer = await pull(context, after, options);
  return diffArchives(older, newer);
}

export type DiffDirectoryVerbOptions = PullOptions & Omit<DiffDirectoryOptions, "signal">;

/** How a directory differs from an archive, by the hashes of its files: nothing of the archive's data is read. */
export async function diffDirectory(
  context: VerbContext,
  reference: string,
  directory: string,
  options: DiffDirectoryVerbOptions = {},
): Promise<DirectoryDiff> {
  await using archive = await pull(context, reference, options);
  return diffWithDirectory(archive, directory, options);
}
