import type { FileHandle } from "node:fs/promises";
import { open, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeFully } from "@blob/core/files";
import { FormatError } from "@blob/format";
import type { DataSink } from "@blob/format/node";
import { makeSpool } from "./spool.js";

/** The data of one archive, on the disk until it is pushed. */
export interface SpoolFile extends DataSink {
  write(chunk: Uint8Array): Promise<void>;
  /** All that was written, from its start. To be called when that is everything. */
  read(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Removes it. Nobody may write or read any more. */
  remove(): Promise<void>;
}

/**
 * Makes a file in a spool of its own. Undefined when that would lie in the directory that is being archived, which may
 * not be listed to its end.
 *
 * @throws ClientError `TemporaryDirectory`. FormatError `FileSystem`, also of `write` and `read`.
 */
export async function createSpoolFile(
  temporaryDirectory: string = tmpdir(),
  archived: string,
): Promise<SpoolFile | undefined> {
  if (await isBelow(temporaryDirectory, archived)) return undefined;
  const spool = await makeSpool(temporaryDirectory);
  const file = path.join(spool, "data.blob");
  let handle: FileHandle;
  try {
    handle = await open(file, "wx", 0o600);
  } catch (cause) {
    await rm(spool, { recursive: true, force: true });
    throw notWritten(file, cause);
  }
  let size = 0;
  return {
    async write(chunk) {
      try {
        await writeFully(handle, chunk, size);
      } catch (cause) {
        throw notWritten(file, cause);
      }
      size += chunk.length;
    },
    async *read(signal) {
      const { openFileSource } = await import("@blob/format/node");
      await using source = await openFileSource(file);
      yield* source.read({ offset: 0, length: size }, { signal });
    },
    async remove() {
      // What a file system could not write, it may say again when the file is closed.
      await handle.close().catch(() => undefined);
      await rm(spool, { recursive: true, force: true });
    },
  };
}

async function isBelow(inner: string, outer: string): Promise<boolean> {
  const [from = "", to = ""] = await Promise.all([outer, inner].map(whereItIs));
  const steps = path.relative(from, to);
  return steps !== ".." && !steps.startsWith(`..${path.sep}`) && !path.isAbsolute(steps);
}

/** What is not there is told when it is used. */
function whereItIs(location: string): Promise<string> {
  return realpath(location).catch(() => path.resolve(location));
}

function notWritten(file: string, cause: unknown): FormatError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `Cannot write ${JSON.stringify(file)}: ${why}`;
  return new FormatError("FileSystem", message, { path: file, cause });
}
