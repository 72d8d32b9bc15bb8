import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";

import { defaultDataName, defaultIndexName } from "../media-types.js";
import type { DataSink } from "./archive-writer.js";
import { prepareArchive } from "./create-archive.js";
import type { CreatedArchive, CreateOptions } from "./create-archive.js";
import { fileSystemError } from "./file-system-error.js";
import { realPath } from "./real-path.js";

export interface CreatedArchiveFiles extends CreatedArchive {
  readonly indexPath: string;
  readonly dataPath: string;
}

/**
 * An archive of the regular files below a directory, as `index.blob` and `data.blob` in another one, which is made
 * when it does not exist. Files of these names are replaced at the end, both or none: after any failure, an abort or a
 * kill there is nothing half-written under the final names. When the output lies in the directory, it is not archived.
 * `FileChanged`, `FileSystem`, `InvalidArgument`, `TooManyFiles`.
 */
export async function createArchiveFiles(
  directory: string,
  outDirectory: string,
  options: CreateOptions = {},
): Promise<CreatedArchiveFiles> {
  const prepared = await prepareArchive(directory, options, outputsWithin(directory, outDirectory));
  try {
    return await writeArchiveFiles(outDirectory, (sink) => prepared.write(sink));
  } finally {
    await prepared.dispose();
  }
}

/** Writes the data that `produce` gives to the sink, and the index that it returns, as two files that appear together. */
export async function writeArchiveFiles<T extends { readonly index: { readonly bytes: Uint8Array } }>(
  outDirectory: string,
  produce: (sink: DataSink) => Promise<T>,
): Promise<T & { readonly indexPath: string; readonly dataPath: string }> {
  const indexPath = join(outDirectory, defaultIndexName);
  const dataPath = join(outDirectory, defaultDataName);
  await attempt("create directory", outDirectory, () => mkdir(outDirectory, { recursive: true }));
  const data = await createTemporary(dataPath);
  let index: TemporaryFile | undefined;
  try {
    const created = await produce(data);
    await data.close();
    index = await createTemporary(indexPath);
    await index.write(created.index.bytes);
    await index.close();
    // Two renames are not one. Whoever looks in between must not find an index with another archive's data.
    await attempt("replace", indexPath, () => rm(indexPath, { force: true }));
    await data.move();
    await index.move();
    return { ...created, indexPath, dataPath };
  } finally {
    await data.dispose();
    await index?.dispose();
  }
}

interface TemporaryFile extends DataSink {
  write(chunk: Uint8Array): Promise<void>;
  close(): Promise<void>;
  /** Gives the file its final name, replacing what has it. */
  move(): Promise<void>;
  /** Removes the file unless it was moved. */
  dispose(): Promise<void>;
}

/** A sibling of `target`, which errors name. */
async function createTemporary(target: string): Promise<TemporaryFile> {
  const path = join(dirname(target), `.${randomBytes(8).toString("hex")}.tmp`);
  const handle = await attempt("create", target, () => open(path, "wx"));
  let exists = true;
  return {
    write: (chunk) => attempt("write", target, () => writeFully(handle, chunk)),
    close: () => attempt("write", target, () => handle.close()),
    async move() {
      await attempt("create", target, () => rename(path, target));
      exists = false;
    },
    async dispose() {
      await handle.close();
      if (exists) await rm(path, { force: true });
    },
  };
}

async function writeFully(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, written);
    written += bytesWritten;
  }
}

async function attempt<T>(action: string, path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    throw fileSystemError(cause, action, path);
  }
}

/** The archive paths of the files that are about to be written, when they lie in the directory itself. */
function outputsWithin(directory: string, outDirectory: string): ReadonlySet<string> {
  const within = relative(realPath(directory), realPath(outDirectory));
  const steps = within.split(sep);
  if (steps[0] === "..") return new Set();
  const prefix = within === "" ? "" : `${steps.join("/")}/`;
  return new Set([prefix + defaultIndexName, prefix + defaultDataName]);
}
