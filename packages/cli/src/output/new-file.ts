import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { open, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { writeFully } from "@blob/core/files";

/** The file cannot be written. */
export class NewFileError extends Error {
  override readonly name = "NewFileError";
  readonly code = "FileSystem";
  readonly path: string;

  constructor(file: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`${file} cannot be written: ${why}`, { cause });
    this.path = file;
  }
}

/**
 * Writes a file that appears under its name when it is complete, in place of one that has the name. After a failure or an
 * abort there is nothing new. What is neither a file nor a directory, such as a pipe, is written to as it is.
 *
 * @throws NewFileError; errors of what is written pass as they are.
 */
export async function writeNewFile(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  { mode }: { readonly mode?: number } = {},
): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (there?.isDirectory() === true) throw new NewFileError(file, new Error("it is a directory"));
  if (there !== undefined && !there.isFile()) {
    const handle = await attempt(file, () => open(file, "w"));
    return writeAll(file, handle, chunks);
  }
  const temporary = path.join(path.dirname(file), `.${randomBytes(8).toString("hex")}.tmp`);
  const handle = await attempt(file, () => open(temporary, "wx", mode));
  try {
    await writeAll(file, handle, chunks);
    await attempt(file, () => rename(temporary, file));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeAll(file: string, handle: FileHandle, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of chunks) {
      await attempt(file, () => writeFully(handle, chunk));
    }
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
  await attempt(file, () => handle.close());
}

async function attempt<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new NewFileError(file, cause);
  }
}
