import type { ArchiveManifest } from "../manifest/archive-manifest.js";
import { parseArchiveManifest } from "../manifest/archive-manifest.js";
import type { ReadManifest } from "./read-manifest.js";
import { readManifest } from "./read-manifest.js";
import type { ReadVerbOptions, VerbContext } from "./verb-context.js";

/** A trusted manifest, and where what it names can be read. */
export interface FetchedManifest extends Omit<ReadManifest, "manifest"> {
  readonly manifest: ArchiveManifest;
}

/**
 * Gets the manifest of an archive with one request, verifies it, asks the policies and only then parses it. Of an image
 * index it is that of the only archive in it. All verbs that read archives begin here.
 */
export async function fetchManifest(
  context: VerbContext,
  reference: string,
  options: ReadVerbOptions = {},
): Promise<FetchedManifest> {
  const read = await readManifest(context, reference, { ...options, archiveInIndex: true });
  return { ...read, manifest: parseArchiveManifest(read.manifest, reference) };
}
