import type { SyncOptions, SyncResult } from "@blob/format/node";
import { syncDirectory } from "@blob/format/node";
import type { PullOptions } from "./pull.js";
import { pull } from "./pull.js";
import type { ClientProgress } from "../progress.js";
import type { VerbContext } from "./verb-context.js";

export interface SyncVerbOptions
  extends
    Omit<PullOptions, "onProgress">,
    Omit<SyncOptions, "signal" | "onProgress" | "decoder" | "contents" | "contentsBy"> {
  /**
   * Take contents from the client's content cache, in this way, and keep there what is fetched (see `ExtractOptions` of
   * `@blob/format/node`). For directories that are made again and again: keeping takes as long as writing. Default no.
   */
  readonly contentsBy?: SyncOptions["contentsBy"];
  readonly onProgress?: ((progress: ClientProgress) => void) | undefined;
}

export interface SyncVerbResult extends SyncResult {
  readonly reference: string;
  /** Of the manifest that the directory has the files of now. */
  readonly digest: string;
}

/** Brings a directory to the state of an archive: two requests, and one for each stretch of files that differ. */
export async function sync(
  context: VerbContext,
  reference: string,
  directory: string,
  options: SyncVerbOptions = {},
): Promise<SyncVerbResult> {
  await using archive = await pull(context, reference, { ...options, wholeFiles: true });
  const result = await syncDirectory(archive, directory, {
    ...options,
    contents: options.contentsBy === undefined ? undefined : archive.contents,
  });
  return { ...result, reference, digest: archive.manifest.descriptor.digest };
}
