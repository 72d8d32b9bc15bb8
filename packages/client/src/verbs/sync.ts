import type { SyncOptions, SyncResult } from "@blob/format/node";
import { pastWrongMirrors } from "../caching/wrong-data.js";
import type { ContentsOption } from "./extract.js";
import type { ArchiveOrPlace } from "./open.js";
import { openInput } from "./open.js";
import type { PullOptions } from "./pull.js";
import type { VerbContext } from "./verb-context.js";

/** How a directory is brought up to date, and which policies the archive has to satisfy first. */
export interface SyncVerbOptions
  extends
    Omit<PullOptions, "onProgress">,
    Omit<SyncOptions, "signal" | "onProgress" | "zstd" | "contents" | "contentsBy">,
    ContentsOption {}

/** What was written and deleted, and from which archive. */
export interface SyncVerbResult extends SyncResult {
  /** The archive, as the caller wrote it; undefined for one that was given open and has no reference. */
  readonly reference: string | undefined;
  /** The digest of the archive's manifest; undefined for a local archive, which has none. */
  readonly digest: string | undefined;
}

/** Brings a directory to the state of an archive: two requests, and one for each stretch of what differs. */
export async function sync(
  context: VerbContext,
  input: ArchiveOrPlace,
  directory: string,
  options: SyncVerbOptions = {},
): Promise<SyncVerbResult> {
  const { syncDirectory } = await import("@blob/format/node");
  await using opened = await openInput(context, input, options, { wholeFiles: true });
  const { archive, reference, digest } = opened;
  const contents = options.contentsBy === undefined ? undefined : opened.contents;
  const synced = await pastWrongMirrors(archive, () =>
    syncDirectory(archive, directory, { ...options, contents }),
  );
  return { ...synced, reference, digest };
}
