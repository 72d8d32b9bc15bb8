import { availableParallelism } from "node:os";

import { onAbort } from "@blob/core/abort";

import type { ContentThreads, DecodeOnThread } from "../../reading/content-threads.js";
import type { Entry } from "../../entry.js";
import { checkInteger } from "../../option-values.js";
import { ownFile } from "../workers/own-file.js";
import { fromPlainError } from "../workers/plain-error.js";
import { startWorkerTeam, workerFailed } from "../workers/worker-team.js";
import type { WorkerTeam } from "../workers/worker-team.js";
import type { DecodeJob, DecodeResponse } from "./decode-job.js";

/** How files are decoded that are read whole. */
export interface ContentThreadsOptions {
  /**
   * Threads that decompress and verify whole files of 32 KiB to 32 MiB, and chunks of large ones; others are done on the thread that reads them, a
   * few milliseconds at a time. 0 for none. Default: one for each core but this thread's, at most 4, as soon as several
   * such files are read at the same time. A bundle, which has no file that a thread could run, does all on its thread.
   */
  readonly decoderConcurrency?: number | undefined;
}

/** Threads of one owner, who closes them. Unused ones end by themselves, and keep no process alive. */
export interface OwnedContentThreads extends ContentThreads, AsyncDisposable {
  /** How many are running. */
  readonly running: number;
  /** Ends them. Reads that are under way fail; later ones are done without threads. */
  close(): Promise<void>;
}

const maxThreads = 64;
const maxAutomaticThreads = 4;

/**
 * Measured by the fastest codec: a message there and back takes this thread some 0.1 ms, whatever is in it, and 32 KiB of
 * text 0.5 ms to decompress and verify. At 4 KiB, threads take as long in all as this one alone.
 */
const minBytes = 32 * 1024;

/** Stored bytes and content of larger files would take too much memory together. */
const maxBytes = 32 * 1024 * 1024;

/** So many reads at a time are worth threads that nobody asked for: each takes some 40 MB, and 50 ms to start. */
const automaticReads = 4;

/** One job is done while the next one waits. */
const jobsPerThread = 2;

/** Threads that were not used for so long end. */
const idleMs = 5000;

const decodeWorker = ownFile("../read/decode-worker.js");

/**
 * `InvalidArgument` for a number of threads that makes no sense. Threads start when there is something to do for them.
 *
 * @example
 * ```ts
 * await using threads = createContentThreads();
 * const archive = openArchive(index, data, { threads });
 * ```
 */
export function createContentThreads(
  { decoderConcurrency }: ContentThreadsOptions = {},
  url: URL | undefined = decodeWorker,
): OwnedContentThreads {
  checkInteger("decoderConcurrency", decoderConcurrency, 0, maxThreads);
  const count = decoderConcurrency ?? Math.min(availableParallelism() - 1, maxAutomaticThreads);
  const isAutomatic = decoderConcurrency === undefined;
  let team: WorkerTeam<DecodeJob, DecodeResponse> | undefined;
  let isUsable = url !== undefined && count > 0;
  let reads = 0;
  let jobs = 0;
  const waiting = new Set<() => void>();
  let idle: NodeJS.Timeout | undefined;

  function start(): WorkerTeam<DecodeJob, DecodeResponse> | undefined {
    if (!isUsable || url === undefined) return undefined;
    clearTimeout(idle);
    team ??= startWorkerTeam(url, undefined, count, {
      background: true,
      advice: "try with decoderConcurrency: 0",
    });
    // Where threads are forbidden, nobody asked for them: reading goes on without.
    if (isAutomatic && team.failure !== undefined) isUsable = false;
    return isUsable ? team : undefined;
  }

  function rest(): void {
    if (team === undefined || reads > 0) return;
    idle = setTimeout(() => void end(), idleMs).unref();
  }

  async function end(): Promise<void> {
    const ending = team;
    team = undefined;
    clearTimeout(idle);
    await ending?.close();
  }

  /** Waits until a thread has room. Whoever does not want to wait any more leaves. */
  async function turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (jobs >= count * jobsPerThread) {
      await new Promise<void>((resolve) => {
        const go = (): void => {
          waiting.delete(go);
          stop();
          resolve();
        };
        waiting.add(go);
        const stop = signal === undefined ? (): void => undefined : onAbort(signal, () => go());
      });
    }
    // Whose turn it was may have left: then it is the next one's.
    if (signal?.aborted === true) wakeNext();
    signal?.throwIfAborted();
  }

  function wakeNext(): void {
    const [next] = waiting;
    next?.();
  }

  const decode: DecodeOnThread = async (stored, entry, { maxDecoderBytes, signal }) => {
    await turn(signal);
    const asked = team;
    if (asked === undefined) throw workerFailed("the archive was closed");
    jobs++;
    try {
      const given = transferable(stored);
      const job = { stored: given, file: storedFile(entry), options: { maxDecoderBytes } };
      const response = await asked.ask(job, [given.buffer]);
      signal?.throwIfAborted();
      if (response.kind === "error") throw fromPlainError(response.error);
      return response.content;
    } finally {
      jobs--;
      wakeNext();
    }
  };

  async function close(): Promise<void> {
    isUsable = false;
    await end();
    for (const go of waiting) go();
  }

  return {
    async read(size, work) {
      const isMeant = size >= minBytes && size <= maxBytes;
      if (!isMeant) return work(undefined);
      reads++;
      try {
        const isWorth = !isAutomatic || team !== undefined || reads >= automaticReads;
        return await work(isWorth && start() !== undefined ? decode : undefined);
      } finally {
        reads--;
        rest();
      }
    },
    get running() {
      return team === undefined ? 0 : count;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Memory that several threads share already cannot be given away. */
function transferable(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes;
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(bytes);
}

function storedFile({ path, size, hash, compression }: Entry): DecodeJob["file"] {
  return { path, size, hash: Buffer.from(hash).toString("hex"), isCompressed: compression === "zstd" };
}
