import type { ArchiveDiff, DiffArchivesOptions } from "@blob/format";
import { diffArchivesInTurns } from "@blob/format";
import type { DiffDirectoryOptions, DirectoryDiff } from "@blob/format/node";
import type { ArchiveOrPlace } from "./open.js";
import { openInput } from "./open.js";
import type { PullOptions } from "./pull.js";
import type { VerbContext } from "./verb-context.js";

/** What is told of two archives, and which policies they have to satisfy first. */
export interface DiffVerbOptions extends PullOptions, DiffArchivesOptions {}

/** Which files were added, removed and changed between two archives, by their indexes: no file is read. */
export async function diff(
  context: VerbContext,
  before: ArchiveOrPlace,
  after: ArchiveOrPlace,
  options: DiffVerbOptions = {},
): Promise<ArchiveDiff> {
  await using older = await openInput(context, before, options);
  await using newer = await openInput(context, after, options);
  return await diffArchivesInTurns(older.archive, newer.archive, options);
}

/** Which files of the directory count, how they are compared, and which policies the archive has to satisfy first. */
export interface DiffDirectoryVerbOptions extends PullOptions, Omit<DiffDirectoryOptions, "signal"> {}

/** How a directory differs from an archive, by the hashes of its files: nothing of the archive's data is read. */
export async function diffDirectory(
  context: VerbContext,
  input: ArchiveOrPlace,
  directory: string,
  options: DiffDirectoryVerbOptions = {},
): Promise<DirectoryDiff> {
  const { diffDirectory: diffWithDirectory } = await import("@blob/format/node");
  await using opened = await openInput(context, input, options);
  return diffWithDirectory(opened.archive, directory, options);
}
