import { availableParallelism } from "node:os";

import type { ZstdDecoder } from "../../zstd/codec.js";
import { ownFile } from "../workers/own-file.js";
import { fromPlainError } from "../workers/plain-error.js";
import { startWorkerTeam, workerFailed } from "../workers/worker-team.js";
import type { WorkerTeam } from "../workers/worker-team.js";
import { loadZstdDecoder } from "../zstd/zstd-decoder.js";
import type { ChunkJob, ChunkResponse, ChunkResult, CopyChunk, HashRegion, WriteChunk } from "./chunk-job.js";
import { doChunkJobInTurns } from "./chunk-job-in-turns.js";

/**
 * Threads that verify, write, hash and copy the chunks of large files. Files are given by the numbers of their handles,
 * which have to stay open until all that was asked has been answered: also after a failure, or an abort.
 *
 * A job has the stored bytes and the content of its chunk in memory: with chunks of 4 MiB some 8 MiB. Errors name the file
 * and the chunk's number: `HashMismatch`, `Decompression`, `SizeExceeded`, `FileSystem`, `WorkerFailed`.
 */
export interface ChunkStage {
  /** So many jobs at a time keep all threads busy; more only take memory. */
  readonly width: number;
  /** Decodes a chunk, checks its size and hash, and writes it at its place. Takes the memory of `stored` away. */
  write(job: WriteChunk): Promise<Uint8Array>;
  /** Hashes what is at a place of a file. */
  hash(job: HashRegion): Promise<ChunkResult>;
  /** Writes a chunk that a file has at some place; nothing, and `undefined`, when something else is there. */
  copy(job: CopyChunk): Promise<Uint8Array | undefined>;
  /** Ends the threads. */
  close(): Promise<void>;
}

export interface ChunkStageOptions {
  /**
   * Threads beside this one. 0 does all on this thread, in turns with others, but what Node does elsewhere. Default: one a
   * core, at most 4, when there is enough to do.
   */
  readonly workers?: number | undefined;
  /** Bytes of content that there are to do. */
  readonly bytes: number;
  /** The caller's codec, which lives on this thread. */
  readonly zstd?: ZstdDecoder | undefined;
}

/** A core of today takes at least 0.3 s for this much; starting threads takes a third of that. */
const minParallelBytes = 128 * 1024 * 1024;

/** Each takes some 40 MB, and more are not faster: the hash of the whole file is one thread's work. */
const maxAutomaticWorkers = 4;

/** Without threads of our own: one chunk is decoded while one is hashed and another one written. */
const inlineWidth = 3;

/** Nothing in a bundle, which does all on its own thread. */
const workerUrl = ownFile("../chunks/chunk-worker.js");

/** Starts the threads, if there are to be any. A thread that dies is a `WorkerFailed` error of everything that it was asked. */
export function createChunkStage(options: ChunkStageOptions, url: URL | undefined = workerUrl): ChunkStage {
  const { workers, bytes, zstd } = options;
  const automatic = bytes >= minParallelBytes ? Math.min(availableParallelism(), maxAutomaticWorkers) : 0;
  // With a single core, more threads only take turns with this one.
  const count = workers ?? (automatic === 1 ? 0 : automatic);
  if (count === 0 || url === undefined || zstd !== undefined) return inlineStage(zstd);
  const team = startWorkerTeam<ChunkJob, ChunkResponse>(url, undefined, count);
  // Where threads are forbidden, and nobody asked for them, it goes without.
  if (workers === undefined && team.failure !== undefined) return inlineStage(zstd);
  return threadStage(team, count);
}

function threadStage(team: WorkerTeam<ChunkJob, ChunkResponse>, count: number): ChunkStage {
  return stageOver(
    // One is done while the next one waits, and one is with who asked.
    2 * count + 1,
    async (job) => {
      const response = await team.ask(job, job.kind === "write" ? [job.stored.buffer] : []);
      if (response.kind === "error") throw fromPlainError(response.error);
      return response;
    },
    () => team.close(),
  );
}

function inlineStage(zstd: ZstdDecoder | undefined): ChunkStage {
  let loading: Promise<ZstdDecoder> | undefined;
  let isClosed = false;
  return stageOver(
    inlineWidth,
    async (job) => {
      if (isClosed) throw workerFailed("the job has ended");
      return doChunkJobInTurns(job, zstd ?? (await (loading ??= loadZstdDecoder())));
    },
    async () => {
      isClosed = true;
    },
  );
}

function stageOver(
  width: number,
  run: (job: ChunkJob) => Promise<ChunkResult>,
  close: () => Promise<void>,
): ChunkStage {
  return {
    width,
    async write(job) {
      const { content } = await run({ kind: "write", ...job });
      if (content === undefined) throw workerFailed("it gave no content for a chunk that it wrote");
      return content;
    },
    hash: (job) => run({ kind: "hash", ...job }),
    async copy(job) {
      return (await run({ kind: "copy", ...job })).content;
    },
    close,
  };
}
