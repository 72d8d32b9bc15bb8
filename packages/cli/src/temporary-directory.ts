import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** There is no place for temporary files. */
class TemporaryDirectoryError extends Error {
  override readonly name = "TemporaryDirectoryError";
  readonly code = "TemporaryDirectory";
  readonly path: string;

  constructor(directory: string, cause: Error) {
    super(`${directory}: no temporary file can be made there: ${cause.message}`, { cause });
    this.path = directory;
  }
}

/** A new, empty directory that only this user can read. Whoever asks for it removes it. @throws TemporaryDirectoryError */
export async function makeTemporaryDirectory(prefix: string): Promise<string> {
  const directory = tmpdir();
  try {
    return await mkdtemp(path.join(directory, prefix));
  } catch (error) {
    throw error instanceof Error ? new TemporaryDirectoryError(directory, error) : error;
  }
}
