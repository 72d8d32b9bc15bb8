import type { BatchOptions, FileBatch, PackedBatch } from "./file-batch.js";
import type { CompressStage } from "./compress-batch.js";
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
  | { readonly kind: "frame"; readonly chunk: Uint8Array<ArrayBuffer> };

/** What it answers: requests are answered in their order. */
export type WorkerResponse =
  | { readonly kind: "batch"; readonly packed: PackedBatch }
  | { readonly kind: "frame"; readonly bytes: Uint8Array<ArrayBuffer> }
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
    async frame(chunk) {
      const response = await team.ask({ kind: "frame", chunk }, [chunk.buffer]);
      return response.kind === "frame" ? response.bytes : unexpected(response);
    },
    close: () => team.close(),
  };
}

function unexpected(response: WorkerResponse): never {
  if (response.kind === "error") throw fromPlainError(response.error);
  throw workerFailed(`it answered with ${response.kind}`);
}
