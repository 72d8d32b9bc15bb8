import { closeSync, unlinkSync } from "node:fs";

import type { DestinationDirectory } from "./destination.js";
import type { PendingFile } from "./file-writer.js";
import { fileSystemError } from "../files/file-system-error.js";
import { endAt, writeFully, writeLater } from "../files/temporary-file.js";
import type { FinishedFile } from "../files/temporary-file.js";

/** Wraps errors, and frees what there is to free, whatever happens. */
export function createPendingFile(
  handle: number,
  target: string,
  directory: DestinationDirectory,
  temporary: string,
  file: { readonly finish: () => FinishedFile; readonly place: (file: FinishedFile) => boolean },
): PendingFile {
  let size = 0;
  let exists = true;
  let isOpen = true;
  let isDisposed = false;
  const close = (): void => {
    isOpen = false;
    closeSync(handle);
  };
  return {
    write(content) {
      try {
        writeFully(handle, content);
      } catch (cause) {
        throw fileSystemError(cause, "write", target);
      }
    },
    async writeLater(chunks) {
      const position = size;
      for (const { length } of chunks) size += length;
      try {
        await writeLater(handle, position, chunks);
      } catch (cause) {
        throw fileSystemError(cause, "write", target);
      }
    },
    commit() {
      try {
        if (size > 0) endAt(handle, size);
        const finished = file.finish();
        // Some file systems only say here that there was no room.
        close();
        const placed = file.place(finished);
        exists = !placed;
        return placed;
      } catch (cause) {
        throw fileSystemError(cause, "create", target);
      }
    },
    dispose() {
      if (isDisposed) return;
      isDisposed = true;
      try {
        if (isOpen) close();
        if (exists) unlinkSync(directory.locate(temporary));
      } catch {
        // Somebody else removed it, or its directory, or what could not be closed was not to be kept.
      } finally {
        directory.release();
      }
    },
  };
}
