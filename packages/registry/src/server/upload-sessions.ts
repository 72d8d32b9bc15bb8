import { randomUUID } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { RegistryError } from "../errors.js";

/** An upload that was begun. Chunks are kept in a file until digest and size are known. */
export interface UploadSession {
  readonly id: string;
  readonly repository: string;
  /** Bytes received so far. */
  readonly size: number;
  /** One request at a time: a second one in the middle of another would mix their bytes. */
  append(bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<void>;
  /** What was received, from its start. */
  read(): AsyncIterable<Uint8Array>;
}

export interface UploadSessions {
  begin(repository: string): Promise<UploadSession>;
  find(repository: string, id: string): UploadSession | undefined;
  end(session: UploadSession): Promise<void>;
  close(): Promise<void>;
}

/** Clients that begin uploads and never finish them cost a file each. */
const maxSessions = 1000;

/** A temporary directory that is made by the first upload and removed by `close`. */
export function createUploadSessions(): UploadSessions {
  const sessions = new Map<string, UploadSession>();
  let directory: Promise<string> | undefined;
  const fileOf = async (id: string): Promise<string> =>
    path.join(await (directory ??= mkdtemp(path.join(tmpdir(), "blob-registry-"))), id);

  async function end(session: UploadSession): Promise<void> {
    sessions.delete(session.id);
    if (directory !== undefined) await rm(await fileOf(session.id), { force: true });
  }

  return {
    async begin(repository) {
      const [oldest] = sessions.values();
      if (sessions.size >= maxSessions && oldest !== undefined) await end(oldest);
      const id = randomUUID();
      const session = createSession(id, repository, () => fileOf(id));
      sessions.set(id, session);
      return session;
    },
    find(repository, id) {
      const session = sessions.get(id);
      return session?.repository === repository ? session : undefined;
    },
    end,
    async close() {
      sessions.clear();
      if (directory !== undefined) await rm(await directory, { recursive: true, force: true });
    },
  };
}

function createSession(id: string, repository: string, file: () => Promise<string>): UploadSession {
  let size = 0;
  let isBusy = false;
  return {
    id,
    repository,
    get size() {
      return size;
    },
    async append(bytes, maxBytes) {
      if (isBusy) throw new RegistryError("Conflict", "another request is adding to this upload");
      isBusy = true;
      let handle: FileHandle | undefined;
      try {
        for await (const chunk of bytes) {
          if (size + chunk.length > maxBytes)
            throw new RegistryError("SizeExceeded", "the blob is too large");
          handle ??= await open(await file(), size === 0 ? "w" : "r+");
          await writeAt(handle, chunk, size);
          size += chunk.length;
        }
      } finally {
        isBusy = false;
        await handle?.close();
      }
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
  };
}

async function writeAt(handle: FileHandle, chunk: Uint8Array, start: number): Promise<void> {
  for (let at = 0; at < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, at, chunk.length - at, start + at);
    at += bytesWritten;
  }
}
