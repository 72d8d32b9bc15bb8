import { isSystemError, writeFully } from "@blob/core/files";
import { randomBytes } from "node:crypto";
import { lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";

import { defaultDataName, defaultIndexName } from "../../media-types.js";
import type { DataSink } from "./data-sink.js";
import { prepareArchive } from "./create-archive.js";
import type { CreatedArchive, CreateOptions } from "./create-options.js";
import type { ArchiveInput } from "./archive-file.js";
import { fileSystemError } from "../files/file-system-error.js";
import { realPath } from "../files/real-path.js";

/** An archive that was made as two files. */
export interface CreatedArchiveFiles extends CreatedArchive {
  /** The file with the index. */
  readonly indexPath: string;
  /** The file with the data. */
  readonly dataPath: string;
}

/**
 * Makes an archive as {@link createArchive} does, as `index.blob` and `data.blob` in a directory, which is made when it
 * does not exist. Files of these names are replaced at the end, both or none: after any failure, an abort or a kill there
 * is nothing half-written under the final names. When the output lies in the directory that is archived, it is left out.
 * `Compression`, `FileChanged`, `FileSystem`, `InvalidArgument`, `InvalidPath`, `TooManyFiles`, `Unsupported`,
 * `WorkerFailed`.
 *
 * @example
 * ```ts
 * const { files, skipped } = await createArchiveFiles("./public", "./archive");
 * ```
 */
export async function createArchiveFiles(
  input: ArchiveInput,
  outDirectory: string,
  options: CreateOptions = {},
): Promise<CreatedArchiveFiles> {
  const outputs = typeof input === "string" ? outputsWithin(input, outDirectory) : new Set<string>();
  const prepared = await prepareArchive(input, options, outputs);
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
    await replaceBoth({ path: indexPath, file: index }, { path: dataPath, file: data });
    return { ...created, indexPath, dataPath };
  } finally {
    // What failed before matters more than a temporary file that cannot be removed.
    await Promise.allSettled([data.dispose(), index?.dispose()]);
  }
}

interface Replacement {
  readonly path: string;
  readonly file: TemporaryFile;
}

/**
 * Gives both files their names, or leaves what has them. Two renames are not one: the old index goes first and the new
 * one comes last, so that whoever looks in between does not find an index with another archive's data.
 */
async function replaceBoth(index: Replacement, data: Replacement): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  const old: string[] = [];
  try {
    for (const { path } of [index, data]) {
      const aside = await setAside(path);
      if (aside === undefined) continue;
      old.push(aside);
      undo.push(() => rename(aside, path));
    }
    for (const { path, file } of [data, index]) {
      await file.move();
      undo.push(() => rm(path, { force: true }));
    }
  } catch (cause) {
    for (const step of undo.toReversed()) await step().catch(() => undefined);
    throw cause;
  }
  // The archive is there, even if these cannot be removed.
  await Promise.allSettled(old.map((path) => rm(path, { force: true })));
}

/** Gives what has a name another one, which is returned; nothing when nothing has it. Directories are left alone. */
async function setAside(path: string): Promise<string | undefined> {
  return attempt("replace", path, async () => {
    const stats = await lstat(path).catch((cause: unknown) => {
      if (isSystemError(cause, "ENOENT")) return undefined;
      throw cause;
    });
    if (stats === undefined) return undefined;
    if (stats.isDirectory()) throw Object.assign(new Error("it is a directory"), { code: "EISDIR" });
    const aside = temporaryName(path);
    await rename(path, aside);
    return aside;
  });
}

function temporaryName(target: string): string {
  return join(dirname(target), `.${randomBytes(8).toString("hex")}.tmp`);
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
  const path = temporaryName(target);
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
