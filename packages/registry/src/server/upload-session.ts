import { writeFully } from "@blob/core/files";
import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open, rm, truncate } from "node:fs/promises";
import { RegistryError } from "../errors.js";

/** Room for what is not finished, which all uploads share. */
export interface UploadRoom {
  /** @throws RegistryError `RateLimited` when there is not so much left. */
  take(bytes: number): Promise<void>;
  give(bytes: number): void;
}

/** An upload that was begun. What comes is kept in a file until digest and size are known. */
export interface UploadSession {
  readonly id: string;
  readonly repository: string;
  /** Bytes received so far: all of them are in the file. */
  readonly size: number;
  /**
   * Adds bytes. When they break off, those that came stay: the client can ask how many, and go on.
   *
   * @throws RegistryError `SizeExceeded`, `NotFound` when the upload was given up meanwhile, `RateLimited` when others
   *   take all the room.
   */
  append(bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<void>;
  /** Bytes on their way to the registry without a file: they take room until they have arrived. */
  pass(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Takes back what was added last. */
  shrink(size: number): Promise<void>;
  /** What was received, from its start. */
  read(): AsyncIterable<Uint8Array>;
  /** Gives it up, and frees its room on the disk. */
  remove(): Promise<void>;
}

export function createUploadSession(
  id: string,
  repository: string,
  file: () => Promise<string>,
  room: UploadRoom,
): UploadSession {
  let size = 0;
  let hasFile = false;
  let isRemoved = false;

  async function openToWrite(): Promise<FileHandle> {
    // The file must not come back after it was removed, nor be a new one with a hole for what was received before.
    const flags = hasFile ? constants.O_WRONLY : constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    const handle = await open(await file(), flags, 0o600);
    hasFile = true;
    return handle;
  }

  return {
    id,
    repository,
    get size() {
      return size;
    },
    async append(bytes, maxBytes) {
      let handle: FileHandle | undefined;
      try {
        for await (const chunk of bytes) {
          if (isRemoved) break;
          if (size + chunk.length > maxBytes)
            throw new RegistryError("SizeExceeded", "the blob is too large");
          await room.take(chunk.length);
          let isWritten = false;
          try {
            if (isRemoved) break;
            handle ??= await openToWrite();
            await writeFully(handle, chunk, size);
            // Removing gave back what was there before this chunk.
            isWritten = !isRemoved;
          } finally {
            if (!isWritten) room.give(chunk.length);
          }
          size += chunk.length;
        }
      } finally {
        await handle?.close();
        // It may have been made after it was to be removed.
        if (isRemoved && hasFile) await rm(await file(), { force: true });
      }
      if (isRemoved)
        throw new RegistryError("NotFound", "the upload was given up meanwhile", { what: "upload" });
    },
    async *pass(bytes) {
      let passed = 0;
      try {
        for await (const chunk of bytes) {
          await room.take(chunk.length);
          passed += chunk.length;
          yield chunk;
        }
      } finally {
        room.give(passed);
      }
    },
    async shrink(to) {
      if (!isRemoved) room.give(size - to);
      size = to;
      if (hasFile) await truncate(await file(), to);
    },
    async *read() {
      if (size === 0) return;
      const handle = await open(await file(), "r");
      try {
        yield* handle.createReadStream({
          start: 0,
          end: size - 1,
          autoClose: false,
        }) as AsyncIterable<Buffer>;
      } finally {
        await handle.close();
      }
    },
    async remove() {
      if (!isRemoved) room.give(size);
      isRemoved = true;
      if (hasFile) await rm(await file(), { force: true });
    },
  };
}
