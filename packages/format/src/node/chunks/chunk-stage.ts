import { availableParallelism } from "node:os";

import type { ZstdDecoder } from "../../zstd/codec.js";
import { ownFile } from "../workers/own-file.js";
import { fromPlainError } from "../workers/plain-error.js";
import { startWorkerTeam, workerFailed } from "../workers/worker-team.js";
import type { WorkerTeam } from "../workers/worker-team.js";
import { loadZstdDecoder } from "../zstd/zstd-decoder.js";
import type { ChunkJob, ChunkResponse, ChunkResult, CopyChunk, HashRegion, WriteChunk } from "./chunk-job.js";
import { doChunkJobInTurns } from "./chunk-job-in-turns.js";
import type { OpenFile } from "./open-file.js";
import { createRunningHashes } from "./running-hashes.js";
import { createSpareMemory } from "./spare-memory.js";

/**
 * Threads that verify, write, hash and copy the chunks of large files. Files are given by the numbers of their handles,
 * which have to stay open until all that was asked has been answered: also after a failure, or an abort.
 *
 * A thread has the stored bytes and the content of one chunk in memory: with chunks of 4 MiB some 8 MiB. Errors name the file
 * and the chunk's number: `HashMismatch`, `Decompression`, `SizeExceeded`, `FileSystem`, `WorkerFailed`.
 */
export interface ChunkStage {
  /** So many jobs at a time keep all threads busy; more only take memory. */
  readonly width: number;
  /** Memory for what is stored of a chunk. {@link write} takes it back. */
  readonly memory: (size: number) => Uint8Array<ArrayBuffer>;
  /** Decodes a chunk, checks its size and hash, and writes it at its place. Takes the memory of `stored` away. */
  write(job: WriteChunk): Promise<void>;
  /** Hashes what is at a place of a file. */
  hash(job: HashRegion): Promise<ChunkResult>;
  /** Writes a chunk that a file has at some place; false, and nothing, when something else is there. */
  copy(job: CopyChunk): Promise<boolean>;
  /** Begins the hash of a whole file, which one thread goes on with beside its other jobs. */
  hashWhole(file: OpenFile): WholeHash;
  /** Ends the threads. */
  close(): Promise<void>;
}

/** The hash of what a file has, from its first byte on. */
export interface WholeHash {
  /** The next bytes of the file, which nobody writes any more. What the file does not have yet counts as zeros. */
  append(size: number): Promise<void>;
  /** SHA-256 of all of them, in hexadecimal. The last call. */
  digest(): Promise<string>;
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

/** Each takes some 40 MB, and more are not faster: the hash of a whole file is one thread's work. */
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
  // One is done by each, one waits, and one is fetched.
  const width = count + 2;
  const spare = createSpareMemory(width);
  return stageOver(width, {
    memory: (size) => spare.take(size),
    async run(job, thread) {
      const response = await team.ask(job, job.kind === "write" ? [job.stored.buffer] : [], thread);
      if (response.memory !== undefined) spare.giveBack(response.memory);
      if (response.kind === "error") throw fromPlainError(response.error);
      return response;
    },
    close: () => team.close(),
  });
}

function inlineStage(zstd: ZstdDecoder | undefined): ChunkStage {
  let loading: Promise<ZstdDecoder> | undefined;
  let isClosed = false;
  const hashes = createRunningHashes();
  /** Parts of whole files are hashed in the order in which they were given. */
  let hashing: Promise<unknown> = Promise.resolve();

  async function run(job: ChunkJob): Promise<ChunkResult> {
    if (isClosed) throw workerFailed("the job has ended");
    return doChunkJobInTurns(job, { decoder: zstd ?? (await (loading ??= loadZstdDecoder())), hashes });
  }

  return stageOver(inlineWidth, {
    memory: (size) => new Uint8Array(size),
    run(job) {
      if (job.kind !== "append" && job.kind !== "digest") return run(job);
      const result = hashing.then(() => run(job));
      hashing = result.catch(() => undefined);
      return result;
    },
    async close() {
      isClosed = true;
    },
  });
}

interface ChunkRunner extends Pick<ChunkStage, "memory" | "close"> {
  /** On one of the threads, counted round and round, or on any. */
  readonly run: (job: ChunkJob, thread?: number) => Promise<ChunkResult>;
}

function stageOver(width: number, { memory, run, close }: ChunkRunner): ChunkStage {
  let files = 0;
  return {
    width,
    memory,
    async write(job) {
      await run({ kind: "write", ...job });
    },
    hash: (job) => run({ kind: "hash", ...job }),
    async copy(job) {
      return (await run({ kind: "copy", ...job })).hash === job.chunk.hash;
    },
    hashWhole(file) {
      const running = files++;
      let offset = 0;
      return {
        async append(size) {
          const from = offset;
          offset += size;
          await run({ kind: "append", running, file, offset: from, size }, running);
        },
        async digest() {
          const { hash } = await run({ kind: "digest", running }, running);
          if (hash === undefined) throw workerFailed("it gave no hash of a file");
          return hash;
        },
      };
    },
    close,
  };
}
