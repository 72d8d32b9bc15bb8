import { realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";

import { FormatError } from "../../errors.js";
import { fileSystemError } from "../files/file-system-error.js";
import { readAt } from "../files/read-at.js";
import { factsOf, isSmall } from "../walk/read-small-file.js";
import type { ChangeDetection, FileFacts } from "../walk/read-small-file.js";
import { badContent, isByteStream, isBytes, isDiskFile } from "./archive-file.js";
import type { ArchiveFile } from "./archive-file.js";
import type { SmallPlace } from "./file-batch.js";
import { createLargeFile } from "./large-file.js";
import type { LargeFile } from "./large-file.js";
import { openLargeFile } from "./read-large-file.js";
import { openSpool } from "./spool.js";
import type { Spool } from "./spool.js";
import { itemsUntilAborted } from "./items-until-aborted.js";

/** Content that was given, and can be read again. */
export type GivenContent =
  | { readonly kind: "memory"; readonly size: number; readonly bytes: Uint8Array }
  | { readonly kind: "spool"; readonly size: number; readonly position: number }
  | { readonly kind: "file"; readonly size: number; readonly location: string; readonly facts: FileFacts };

/** Keeps the contents of files until all files are known. */
export interface GivenContents {
  /**
   * Takes a file's content. Bytes that the caller holds in any case are left where they are; what comes one by one is
   * copied: into memory as long as it is little, into a temporary file otherwise.
   */
  take(file: ArchiveFile, isHeld: boolean, signal: AbortSignal): Promise<GivenContent>;
  /** Where a small file is read; bytes that are in memory are found from `from` on. */
  placeOf(content: GivenContent, from: number): SmallPlace;
  open(content: GivenContent, path: string, changeDetection: ChangeDetection): Promise<LargeFile>;
  close(): Promise<void>;
}

/** Bytes that are kept in memory, all together. */
const maxHeldBytes = 64 * 1024 * 1024;

export function createGivenContents(temporaryDirectory: string | undefined): GivenContents {
  let held = 0;
  let opening: Promise<Spool> | undefined;
  let spool: Spool | undefined;

  async function spooled(): Promise<Spool> {
    opening ??= openSpool(temporaryDirectory);
    return (spool = await opening);
  }

  function hasRoom(size: number): boolean {
    return isSmall(size) && held + size <= maxHeldBytes;
  }

  async function keep(
    chunks: AsyncIterable<unknown> | Iterable<unknown>,
    file: ArchiveFile,
  ): Promise<GivenContent> {
    let size = 0;
    let gathered = new Uint8Array(0);
    let position: number | undefined;
    for await (const chunk of chunks) {
      if (!isBytes(chunk)) throw badContent(chunk, file.path);
      if (position === undefined && hasRoom(size + chunk.length)) {
        // A copy: the chunk is its owner's again when the next one is asked for.
        if (size + chunk.length > gathered.length) gathered = enlarged(gathered, size + chunk.length);
        gathered.set(chunk, size);
      } else {
        const target = await spooled();
        if (position === undefined) {
          position = target.end;
          await target.append(gathered.subarray(0, size));
          gathered = new Uint8Array(0);
        }
        await target.append(chunk);
      }
      size += chunk.length;
    }
    if (position !== undefined) return { kind: "spool", size, position };
    held += size;
    return { kind: "memory", size, bytes: gathered.length > size ? gathered.slice(0, size) : gathered };
  }

  function read(
    { handle }: Spool,
    { size, position }: Extract<GivenContent, { kind: "spool" }>,
    path: string,
  ): LargeFile {
    return createLargeFile({
      size,
      facts: undefined,
      async read(target, at) {
        try {
          return await readAt(handle, target.subarray(0, Math.max(0, size - at)), position + at);
        } catch (cause) {
          throw fileSystemError(cause, "read what was kept of", path);
        }
      },
      check: () => Promise.resolve(),
      close: () => Promise.resolve(),
    });
  }

  return {
    async take(file, isHeld, signal) {
      const { content, path } = file;
      if (isBytes(content)) {
        return isHeld ? { kind: "memory", size: content.length, bytes: content } : keep([content], file);
      }
      if (isDiskFile(content)) return lookAt(content.file);
      if (isByteStream(content)) return keep(itemsUntilAborted<unknown>(content, signal), file);
      throw badContent(content, path);
    },
    placeOf(content, from) {
      if (content.kind === "memory") return { kind: "bytes", from };
      if (content.kind === "file") return { kind: "file", location: content.location };
      if (spool === undefined) throw new TypeError("Nothing was spooled");
      return { kind: "spool", handle: spool.handle.fd, position: content.position };
    },
    async open(content, path, changeDetection) {
      if (content.kind === "memory") return openBytes(content.bytes);
      if (content.kind === "file") return openLargeFile(content.location, path, changeDetection);
      return read(await spooled(), content, path);
    },
    async close() {
      const open = await opening?.catch(() => undefined);
      opening = undefined;
      await open?.close();
    },
  };
}

/** What a path on disk leads to, without links: whatever takes its place later is not followed. */
async function lookAt(path: string): Promise<GivenContent> {
  try {
    const location = await realpath(resolve(path));
    const stats = await stat(location, { bigint: true });
    if (!stats.isFile()) {
      throw new FormatError("InvalidArgument", `${JSON.stringify(path)} is not a regular file`, { path });
    }
    return {
      kind: "file",
      size: Number(stats.size),
      location,
      facts: { ...factsOf(stats), mode: Number(stats.mode) },
    };
  } catch (cause) {
    throw fileSystemError(cause, "read", path);
  }
}

function enlarged(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(bytes.length === 0 ? needed : Math.max(needed, 2 * bytes.length));
  larger.set(bytes);
  return larger;
}

function openBytes(bytes: Uint8Array): LargeFile {
  return createLargeFile({
    size: bytes.length,
    facts: undefined,
    read(target, position) {
      const part = bytes.subarray(position, position + target.length);
      target.set(part);
      return Promise.resolve(part.length);
    },
    check: () => Promise.resolve(),
    close: () => Promise.resolve(),
  });
}
