import type { ExtractOptions, ExtractResult } from "@blob/format/node";
import type { ClientProgress } from "../progress.js";
import type { ArchiveOrPlace } from "./open.js";
import { openInput } from "./open.js";
import type { PullOptions } from "./pull.js";
import type { VerbContext } from "./verb-context.js";

/** How files of an archive get to disk, besides what the client decides itself. */
export interface ContentsOption {
  /**
   * Take contents from the client's content cache, in this way, and keep there what is fetched (see `ExtractOptions` of
   * `@blob/client/files`). For directories that are made again and again: keeping takes as long as writing. Default no.
   */
  readonly contentsBy?: ExtractOptions["contentsBy"];
  /** How far the verb is, from the manifest to the last file. */
  readonly onProgress?: ((progress: ClientProgress) => void) | undefined;
}

/** What a verb that writes files to disk does not take from its caller as they are. */
export type OwnExtractOptions = "signal" | "onProgress" | "zstd" | "decoder" | "contents" | "contentsBy";

/** Which files are extracted, how, and what has to be true of the archive before. */
export interface ExtractVerbOptions
  extends Omit<PullOptions, "onProgress">, Omit<ExtractOptions, OwnExtractOptions>, ContentsOption {}

/** What was extracted, and from what. */
export interface ExtractVerbResult extends ExtractResult {
  /** As the caller wrote it; an archive that was open and is in no registry has none. */
  readonly reference: string | undefined;
  /** Of the manifest; a local archive has none. */
  readonly digest: string | undefined;
}

/** Writes files of an archive below a directory: two requests, and one for each stretch of neighbouring files. */
export async function extract(
  context: VerbContext,
  input: ArchiveOrPlace,
  directory: string,
  options: ExtractVerbOptions = {},
): Promise<ExtractVerbResult> {
  const { extractArchive } = await import("@blob/format/node");
  await using opened = await openInput(context, input, options, { wholeFiles: true });
  const { archive, reference, digest } = opened;
  const contents = options.contentsBy === undefined ? undefined : opened.contents;
  return { ...(await extractArchive(archive, directory, { ...options, contents })), reference, digest };
}
