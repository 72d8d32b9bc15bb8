import type { ByteRange } from "../../sources/byte-source.js";
import type { Entry } from "../../entry.js";
import type { FileWriter } from "./file-writer.js";
import type { ExtractBatch, WrittenBatch } from "./extract-batch.js";
import type { Extraction } from "./extract-options.js";
import { inOrder, nextTurn } from "@blob/core/concurrency";
import { ownFile } from "../workers/own-file.js";
import { fromPlainError } from "../workers/plain-error.js";
import type { PlainError } from "../workers/plain-error.js";
import { startWorkerTeam, workerFailed } from "../workers/worker-team.js";

/** What a worker answers to a batch. */
export type ExtractResponse =
  ({ readonly kind: "written" } & WrittenBatch) | { readonly kind: "error"; readonly error: PlainError };

/**
 * Worker threads that decompress, verify and write small files under names that nobody knows, and give them their own where
 * these are free. This thread makes the directories, holds them as long as a worker needs them, and decides about the
 * files whose names something has.
 */
export interface ExtractStage {
  /** Writes the files of a range that was read. Calls back for each: whether it has its name now. */
  write(
    range: ByteRange,
    bytes: Uint8Array,
    files: Iterable<Extraction>,
    signal: AbortSignal,
    onFile: (entry: Entry, written: boolean) => void,
  ): Promise<void>;
  close(): Promise<void>;
}

/** A batch is one message: enough files that its cost does not matter. */
const maxBatchFiles = 128;

/** Each is a handle for as long as the batch takes; there are only so many. */
const maxBatchDirectories = 16;

/** SHA-256. */
const hashBytes = 32;

/** Of each range: one is done while the next one waits. */
const batchesAtATime = 2;

/** Nothing in a bundle, which extracts on its own thread. */
const workerUrl = ownFile("../extract/extract-worker.js");

/** Whether there are workers to extract with. */
export function canExtractInWorkers(): boolean {
  return workerUrl !== undefined;
}

/** Starts the threads. A worker that dies is a `WorkerFailed` error of everything that it was asked. */
export function createExtractStage(
  count: number,
  writer: FileWriter,
  url: URL | undefined = workerUrl,
): ExtractStage {
  if (url === undefined) throw workerFailed("there is no file for it to run");
  const team = startWorkerTeam<ExtractBatch, ExtractResponse>(url, undefined, count);

  /** What threads are working on. */
  const underWay = new Set<Promise<unknown>>();

  async function ask(batch: ExtractBatch): Promise<WrittenBatch> {
    const response = await team.ask(batch, [batch.bytes.buffer]);
    if (response.kind === "error") throw fromPlainError(response.error);
    if (response.inodes.length !== batch.places.targets.length)
      throw workerFailed("it wrote other files than it was asked for");
    return response;
  }

  async function writeBatch(
    range: ByteRange,
    bytes: Uint8Array,
    files: readonly Extraction[],
  ): Promise<readonly boolean[]> {
    const reserved = writer.reserveAll(files);
    let noted = (): void => undefined;
    const working = new Promise<void>((resolve) => (noted = resolve));
    underWay.add(working);
    const settle = (): void => {
      underWay.delete(working);
      noted();
    };
    try {
      // Also after an abort: nobody may write any more when the files are removed below.
      const written = await ask({ places: reserved.places, ...contentsOf(range, bytes, files) });
      return await reserved.commit(written, async () => {
        settle();
        await Promise.all(underWay);
      });
    } finally {
      settle();
      reserved.dispose();
    }
  }

  return {
    async write(range, bytes, files, signal, onFile) {
      async function* tasks(): AsyncGenerator<() => Promise<() => void>, void, undefined> {
        for (const batch of batchesOf(files)) {
          // Answers of several threads come at once, and each means names for a batch of files.
          await nextTurn();
          signal.throwIfAborted();
          yield async () => {
            const written = await writeBatch(range, bytes, batch);
            return () => batch.forEach(({ entry }, index) => onFile(entry, written[index] === true));
          };
        }
      }
      for await (const report of inOrder(tasks(), batchesAtATime)) report();
    },
    close: () => team.close(),
  };
}

function contentsOf(
  { offset }: ByteRange,
  bytes: Uint8Array,
  files: readonly Extraction[],
): Omit<ExtractBatch, "places"> {
  const first = files.reduce((least, { entry }) => Math.min(least, entry.dataOffset), Infinity);
  const end = files.reduce((most, { entry }) => Math.max(most, entry.dataOffset + entry.storedSize), 0);
  // A copy, which costs less than what all threads share: copying from and to that is slow where it is not aligned.
  const own = new Uint8Array(bytes.subarray(first - offset, end - offset));
  const columns = {
    from: new Float64Array(files.length),
    storedSizes: new Float64Array(files.length),
    sizes: new Float64Array(files.length),
    isCompressed: new Uint8Array(files.length),
    hashes: new Uint8Array(files.length * hashBytes),
  };
  let hasOtherPaths = false;
  for (const [index, { entry, target }] of files.entries()) {
    columns.from[index] = entry.dataOffset - first;
    columns.storedSizes[index] = entry.storedSize;
    columns.sizes[index] = entry.size;
    columns.isCompressed[index] = entry.compression === "zstd" ? 1 : 0;
    columns.hashes.set(entry.hash, index * hashBytes);
    if (target !== entry.path) hasOtherPaths = true;
  }
  return { ...columns, bytes: own, paths: hasOtherPaths ? files.map(({ entry }) => entry.path) : undefined };
}

function* batchesOf(files: Iterable<Extraction>): Generator<readonly Extraction[], void, undefined> {
  let batch: Extraction[] = [];
  const directories = new Set<string>();
  for (const file of files) {
    batch.push(file);
    directories.add(file.target.slice(0, Math.max(0, file.target.lastIndexOf("/"))));
    if (batch.length === maxBatchFiles || directories.size === maxBatchDirectories) {
      yield batch;
      batch = [];
      directories.clear();
    }
  }
  if (batch.length > 0) yield batch;
}
