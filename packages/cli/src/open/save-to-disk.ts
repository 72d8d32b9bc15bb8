import { stat } from "node:fs/promises";
import path from "node:path";
import type { Archive } from "@blob/format";
import { extractArchive, extractFile } from "@blob/format/node";
import type { ExtractResult } from "@blob/format/node";
import { NoHomeError } from "../errors/no-home-error.js";
import type { SaveRequest } from "./browser-state.js";

export interface SaveOptions {
  /** Where `~/` is. */
  readonly homeDirectory: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (filesDone: number, filesTotal: number) => void;
}

/**
 * Writes a file of the archive to a file, or into an existing directory; or what is in a directory of the archive into
 * a directory. What exists is left alone and named, but for the files that may be overwritten.
 */
export async function saveToDisk(
  archive: Archive,
  { path: from, destination, overwrite }: SaveRequest,
  { homeDirectory, signal, onProgress }: SaveOptions,
): Promise<ExtractResult & { readonly target: string }> {
  const target = destination.replace(/^~(?=$|\/)/u, (tilde) => {
    if (homeDirectory === undefined) throw new NoHomeError(destination, "write the whole path");
    return tilde.replace("~", () => homeDirectory);
  });
  const options = {
    overwrite: overwrite !== undefined,
    signal,
    onProgress: ({ filesDone, filesTotal }: { filesDone: number; filesTotal: number }) =>
      onProgress(filesDone, filesTotal),
  };
  if (archive.isFile(from)) {
    const file = (await isDirectory(target)) ? path.join(target, path.posix.basename(from)) : target;
    return { ...(await extractFile(archive, from, file, options)), target: file };
  }
  const result = await extractArchive(archive, target, {
    ...options,
    directory: from,
    paths: overwrite,
    target: (entry) => entry.path.slice(from.length + 1),
  });
  return { ...result, target };
}

async function isDirectory(target: string): Promise<boolean> {
  if (/[/\\]$/u.test(target)) return true;
  return (await stat(target).catch(() => undefined))?.isDirectory() === true;
}
