import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { RegistryError } from "../errors.js";
import { sweepTemporaryFiles, temporaryName } from "../layout/temporary-files.js";
import type { UploadSession } from "./upload-session.js";
import { createUploadSession } from "./upload-session.js";

export interface UploadSessions {
  /** Removes what processes left behind that are gone. */
  start(): Promise<void>;
  begin(repository: string): Promise<UploadSession>;
  find(repository: string, id: string): UploadSession | undefined;
  /**
   * One request at a time: a second one in the middle of another would mix their bytes.
   *
   * @throws RegistryError `Conflict`
   */
  use<T>(session: UploadSession, work: () => Promise<T>): Promise<T>;
  end(session: UploadSession): Promise<void>;
  close(): Promise<void>;
}

/** Clients that begin uploads and never finish them cost a file each. The one that was silent for longest goes first. */
const maxSessions = 1000;

/**
 * Uploads that were begun, each with a file in the directory, which is made by the first one. Without a directory it is a
 * new one for temporary files. `close` removes what is left.
 */
export function createUploadSessions(directory: string | undefined): UploadSessions {
  /** Those that were used last come last. */
  const sessions = new Map<string, UploadSession>();
  const busy = new Set<UploadSession>();
  let made: Promise<string> | undefined;

  async function make(): Promise<string> {
    if (directory === undefined) return mkdtemp(path.join(tmpdir(), "blob-registry-"));
    await mkdir(directory, { recursive: true });
    return directory;
  }

  async function fileOf(id: string): Promise<string> {
    made ??= make();
    // A directory that could not be made may be possible later.
    made.catch(() => (made = undefined));
    return temporaryName(await made, "", id);
  }

  async function end(session: UploadSession): Promise<void> {
    sessions.delete(session.id);
    await session.remove();
  }

  return {
    async start() {
      if (directory !== undefined) await sweepTemporaryFiles(directory, { always: true });
    },
    async begin(repository) {
      if (sessions.size >= maxSessions) {
        const idle = [...sessions.values()].find((session) => !busy.has(session));
        if (idle !== undefined) await end(idle);
      }
      const id = randomUUID();
      const session = createUploadSession(id, repository, () => fileOf(id));
      sessions.set(id, session);
      return session;
    },
    find(repository, id) {
      const session = sessions.get(id);
      return session?.repository === repository ? session : undefined;
    },
    async use(session, work) {
      if (busy.has(session)) throw new RegistryError("Conflict", "another request is using this upload");
      busy.add(session);
      if (sessions.delete(session.id)) sessions.set(session.id, session);
      try {
        return await work();
      } finally {
        busy.delete(session);
      }
    },
    end,
    async close() {
      for (const session of sessions.values()) await end(session);
      if (made === undefined) return;
      if (directory === undefined) await rm(await made, { recursive: true, force: true });
      // Another process may use it, too.
      else await rmdir(directory).catch(() => undefined);
    },
  };
}
