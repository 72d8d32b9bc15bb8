import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { RegistryError } from "../errors.js";
import { sweepTemporaryFiles, temporaryName } from "../layout/temporary-files.js";
import type { UploadRoom, UploadSession } from "./upload-session.js";
import { createUploadSession } from "./upload-session.js";

export interface UploadLimits {
  /** How many may be unfinished at once. */
  readonly count: number;
  /** How much all that are unfinished may have sent. */
  readonly bytes: number;
  /** How long nobody may have asked for one. */
  readonly idleMs: number;
}

export interface UploadSessions {
  /** Removes what processes left behind that are gone. */
  start(): Promise<void>;
  /** @throws RegistryError `RateLimited` when there are too many, all of them at work. */
  begin(repository: string): Promise<UploadSession>;
  find(repository: string, id: string): Promise<UploadSession | undefined>;
  /**
   * One request at a time: a second one in the middle of another would mix their bytes.
   *
   * @throws RegistryError `Conflict`
   */
  use<T>(session: UploadSession, work: () => Promise<T>): Promise<T>;
  end(session: UploadSession): Promise<void>;
  close(): Promise<void>;
}

/** Often enough for hours, and for tests of less. */
const maxLookMs = 60_000;

/** For clients that wait as long as they are told to. */
const retryAfterMs = 5000;

interface Kept {
  readonly session: UploadSession;
  /** By a clock that nobody sets. */
  readonly usedMs: number;
}

function tooMuch(): RegistryError {
  return new RegistryError("RateLimited", "too many uploads are under way", { retryAfterMs });
}

/**
 * Uploads that were begun, each with a file in the directory, which is made by the first one. Without a directory it is a
 * new one for temporary files. Clients that begin uploads and never finish them are forgotten after a while, and earlier
 * when others need the room: the one that was silent for longest goes first. `close` removes what is left.
 */
export function createUploadSessions(directory: string | undefined, limits: UploadLimits): UploadSessions {
  /** Those that were used last come last. */
  const sessions = new Map<string, Kept>();
  const busy = new Set<UploadSession>();
  let made: Promise<string> | undefined;
  let looking: NodeJS.Timeout | undefined;
  let bytes = 0;

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

  function touch(session: UploadSession): void {
    sessions.delete(session.id);
    sessions.set(session.id, { session, usedMs: performance.now() });
    looking ??= setInterval(dropIdle, Math.min(limits.idleMs, maxLookMs)).unref();
  }

  async function end(session: UploadSession): Promise<void> {
    sessions.delete(session.id);
    if (sessions.size === 0) stopLooking();
    await session.remove();
  }

  function stopLooking(): void {
    clearInterval(looking);
    looking = undefined;
  }

  function isExpired({ session, usedMs }: Kept): boolean {
    return !busy.has(session) && performance.now() - usedMs > limits.idleMs;
  }

  function dropIdle(): void {
    for (const kept of sessions.values()) {
      // A file that cannot be removed now is removed by the next server that starts.
      if (isExpired(kept)) void end(kept.session).catch(() => undefined);
    }
  }

  /** Those that nobody is at work on, the one that was silent for longest first. */
  function idle(): UploadSession[] {
    return [...sessions.values()].flatMap(({ session }) => (busy.has(session) ? [] : [session]));
  }

  const room: UploadRoom = {
    async take(more) {
      if (bytes + more > limits.bytes) {
        const given = idle().filter(({ size }) => size > 0);
        const most = given.reduce((sum, { size }) => sum + size, 0);
        // Nobody loses an upload for room that is not enough.
        if (bytes - most + more > limits.bytes) throw tooMuch();
        for (const session of given) if (bytes + more > limits.bytes) await end(session);
        if (bytes + more > limits.bytes) throw tooMuch();
      }
      bytes += more;
    },
    give(less) {
      bytes -= less;
    },
  };

  return {
    async start() {
      if (directory !== undefined) await sweepTemporaryFiles(directory, { always: true });
    },
    async begin(repository) {
      while (sessions.size >= limits.count) {
        const [first] = idle();
        if (first === undefined) throw tooMuch();
        await end(first);
      }
      const id = randomUUID();
      const session = createUploadSession(id, repository, () => fileOf(id), room);
      touch(session);
      return session;
    },
    async find(repository, id) {
      const kept = sessions.get(id);
      if (kept?.session.repository !== repository) return undefined;
      if (isExpired(kept)) {
        await end(kept.session);
        return undefined;
      }
      touch(kept.session);
      return kept.session;
    },
    async use(session, work) {
      if (busy.has(session)) throw new RegistryError("Conflict", "another request is using this upload");
      busy.add(session);
      try {
        return await work();
      } finally {
        busy.delete(session);
        if (sessions.has(session.id)) touch(session);
      }
    },
    end,
    async close() {
      stopLooking();
      for (const { session } of sessions.values()) await end(session);
      if (made === undefined) return;
      if (directory === undefined) await rm(await made, { recursive: true, force: true });
      // Another process may use it, too.
      else await rmdir(directory).catch(() => undefined);
    },
  };
}
