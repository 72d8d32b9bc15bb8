import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ClientError } from "./errors.js";

/**
 * Does the work with a directory of its own, which is removed afterwards.
 *
 * @throws ClientError `TemporaryDirectory` when there is no place for one.
 */
export async function withSpool<T>(
  temporaryDirectory: string | undefined,
  work: (spool: string) => Promise<T>,
): Promise<T> {
  const parent = path.resolve(temporaryDirectory ?? tmpdir());
  const spool = await makeSpool(parent);
  try {
    return await work(spool);
  } finally {
    await rm(spool, { recursive: true, force: true });
  }
}

async function makeSpool(parent: string): Promise<string> {
  try {
    return await mkdtemp(path.join(parent, "blob-push-"));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `${parent}: the archive cannot be kept there until it is pushed (${why}); set ${process.platform === "win32" ? "TEMP" : "TMPDIR"}, or the option temporaryDirectory, to a directory that can be written to`;
    throw new ClientError("TemporaryDirectory", message, { path: parent, cause });
  }
}
