import { mkdtemp, open, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { fileSystemError } from "../files/file-system-error.js";

/** A temporary file for what does not fit into memory, and is to be read again. */
export interface Spool {
  readonly handle: FileHandle;
  /** Where the next bytes go. */
  readonly end: number;
  append(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Nobody else can open it. It has no name as soon as it is open, where systems allow that. `FileSystem`. */
export async function openSpool(parent: string = tmpdir()): Promise<Spool> {
  let directory: string | undefined;
  const remove = async (): Promise<void> => {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
    directory = undefined;
  };
  try {
    directory = await mkdtemp(join(parent, "blob-"));
    const handle = await open(join(directory, "contents"), "wx+", 0o600);
    // Windows does not remove what is open.
    if (process.platform !== "win32") await remove();
    return createSpool(handle, parent, remove);
  } catch (cause) {
    await remove().catch(() => undefined);
    throw fileSystemError(cause, "make a temporary file in", parent);
  }
}

function createSpool(handle: FileHandle, parent: string, remove: () => Promise<void>): Spool {
  let end = 0;
  return {
    handle,
    get end() {
      return end;
    },
    async append(bytes) {
      try {
        for (let done = 0; done < bytes.length;) {
          const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, end);
          done += bytesWritten;
          end += bytesWritten;
        }
      } catch (cause) {
        throw fileSystemError(cause, "write to a temporary file in", parent);
      }
    },
    async close() {
      await handle.close();
      await remove();
    },
  };
}
