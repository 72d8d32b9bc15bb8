import type { ByteRange } from "../../sources/byte-source.js";
import type { Entry } from "../../entry.js";
import type { FileWriter, ReservedFile } from "./file-writer.js";
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
 * Worker threads that decompress, verify and write small files under names that nobody knows. This thread makes the
 * directories, holds them as long as a worker needs them, and gives the files their names.
 */
export interface ExtractStage {
  /** Writes the files of a range that was read. Calls back for each: whether it has its name now. */
  write(
    range: ByteRange,
    bytes: Uint8Array<SharedArrayBuffer>,
    files: readonly Extraction[],
    signal: AbortSignal,
    onFile: (entry: Entry, written: boolean) => void,
  ): Promise<void>;
  close(): Promise<void>;
}

/** A batch is one message: enough files that its cost does not matter. */
const maxBatchFiles = 64;

/** Each is a handle for as long as the batch takes; there are only so many. */
const maxBatchDirectories = 16;

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

  async function writeBatch(
    range: ByteRange,
    bytes: Uint8Array<SharedArrayBuffer>,
    files: readonly Extraction[],
  ): Promise<readonly boolean[]> {
    const reserved: ReservedFile[] = [];
    try {
      const batch = files.map(({ entry, target }) => {
        const place = writer.reserve(target, entry);
        reserved.push(place);
        const { location, facts } = place;
        const { path, size, storedSize, compression } = entry;
        const hash = Buffer.from(entry.hash).toString("hex");
        const from = entry.dataOffset - range.offset;
        const isCompressed = compression === "zstd";
        return { path, size, storedSize, isCompressed, hash, from, target, location, facts };
      });
      // Also after an abort: nobody may write any more when the files are removed below.
      const response = await team.ask({ bytes, files: batch });
      if (response.kind === "error") throw fromPlainError(response.error);
      const { inodes, lost } = response;
      if (inodes.length !== files.length) throw workerFailed("it wrote other files than it was asked for");
      return reserved.map((place, index) =>
        place.commit({ ino: inodes[index] ?? 0n, lost: lost[index] ?? 0 }),
      );
    } finally {
      for (const place of reserved) place.dispose();
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

function* batchesOf(files: readonly Extraction[]): Generator<readonly Extraction[], void, undefined> {
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
