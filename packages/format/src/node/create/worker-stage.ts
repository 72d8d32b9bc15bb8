import type { BatchOptions, FileBatch, PackedBatch } from "./file-batch.js";
import type { CompressStage } from "./compress-batch.js";
import type { PackedPart, PartUse } from "./pack-part.js";
import { ownFile } from "../workers/own-file.js";
import { fromPlainError } from "../workers/plain-error.js";
import type { PlainError } from "../workers/plain-error.js";
import { startWorkerTeam, workerFailed } from "../workers/worker-team.js";

/** What a worker is started with. */
export interface WorkerSetup extends BatchOptions {
  /** The name of the codec to use: all threads use the same one, as bytes differ between codecs. */
  readonly encoder: string | undefined;
}

/** What a worker is asked. Buffers are transferred, in both directions. */
export type WorkerRequest =
  | { readonly kind: "batch"; readonly batch: FileBatch }
  | { readonly kind: "part"; readonly part: Uint8Array<ArrayBuffer>; readonly use: PartUse }
  | { readonly kind: "file-hash" };

/** What it answers: requests are answered in their order. */
export type WorkerResponse =
  | { readonly kind: "batch"; readonly packed: PackedBatch }
  | { readonly kind: "part"; readonly packed: PackedPart }
  | { readonly kind: "file-hash"; readonly hash: Uint8Array }
  | { readonly kind: "error"; readonly error: PlainError };

/** One request that is done while the next one waits, so that a worker never idles. */
const requestsPerWorker = 2;

/** What workers run; nothing in a bundle, which compresses on its own thread. */
export const compressWorker: URL | undefined = ownFile("../create/compress-worker.js");

/** Compresses in worker threads that run `url`. A worker that dies is an error of everything that it was asked. */
export function createWorkerStage(count: number, setup: WorkerSetup, url: URL): CompressStage {
  const team = startWorkerTeam<WorkerRequest, WorkerResponse>(url, setup, count, { ownsHandles: true });
  return {
    width: count * requestsPerWorker,
    async batch(batch) {
      const { source } = batch;
      const response = await team.ask(
        { kind: "batch", batch },
        source.kind === "given" ? [source.bytes.buffer] : [],
      );
      return response.kind === "batch" ? response.packed : unexpected(response);
    },
    async part(part, use) {
      const response = await team.ask({ kind: "part", part, use }, [part.buffer]);
      return response.kind === "part" ? response.packed : unexpected(response);
    },
    fileHash:
      count === 1
        ? async () => {
            const response = await team.ask({ kind: "file-hash" });
            return response.kind === "file-hash" ? response.hash : unexpected(response);
          }
        : undefined,
    close: () => team.close(),
  };
}

function unexpected(response: WorkerResponse): never {
  if (response.kind === "error") throw fromPlainError(response.error);
  throw workerFailed(`it answered with ${response.kind}`);
}
