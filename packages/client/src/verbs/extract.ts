import type { ExtractOptions, ExtractResult } from "@blob/format/node";
import { isEmptyDirectory, pastWrongMirrors } from "../caching/wrong-data.js";
import type { ClientProgress } from "../progress.js";
import type { ArchiveOrPlace } from "./open.js";
import { openInput } from "./open.js";
import type { PullOptions } from "./pull.js";
import type { VerbContext } from "./verb-context.js";

/** How contents of files get to disk when the client has them already, and who is told about progress. */
export interface ContentsOption {
  /**
   * Take contents from the client's content cache, in this way, and keep there what is fetched (see `ExtractOptions` of
   * `@blob/client/files`). For directories that are made again and again: keeping takes as long as writing. Default no.
   */
  readonly contentsBy?: ExtractOptions["contentsBy"];
  /** How far the verb is, from the manifest to the last file. */
  readonly onProgress?: ((progress: ClientProgress) => void) | undefined;
}

/** Which files are extracted, how, and which policies the archive has to satisfy first. */
export interface ExtractVerbOptions
  extends
    Omit<PullOptions, "onProgress">,
    Omit<ExtractOptions, "signal" | "onProgress" | "zstd" | "contents" | "contentsBy">,
    ContentsOption {}

/** What was extracted, and from which archive. */
export interface ExtractVerbResult extends ExtractResult {
  /** The archive, as the caller wrote it; undefined for one that was given open and has no reference. */
  readonly reference: string | undefined;
  /** The digest of the archive's manifest; undefined for a local archive, which has none. */
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
  const { overwrite = false } = options;
  const extracted = await pastWrongMirrors(
    archive,
    // What the first time wrote is right, and was not there before: it is not somebody's that has to stay.
    (isAgain) =>
      extractArchive(archive, directory, { ...options, contents, overwrite: overwrite || isAgain }),
    async () => overwrite || isEmptyDirectory(directory),
  );
  return { ...extracted, reference, digest };
}
