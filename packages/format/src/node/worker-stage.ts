import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

import { FormatError } from "../errors.js";
import type { FormatErrorCode } from "../errors.js";
import type { BatchFile, BatchOptions, PackedBatch } from "./compress-batch.js";
import type { CompressStage } from "./compress-stage.js";

/** What a worker is started with. */
export interface WorkerSetup extends BatchOptions {
  /** The name of the codec to use: all threads use the same one, as bytes differ between codecs. */
  readonly encoder: string | undefined;
}

/** What a worker is asked. Buffers are transferred, in both directions. */
export type WorkerRequest =
  | { readonly kind: "batch"; readonly root: string; readonly files: readonly BatchFile[] }
  | { readonly kind: "frame"; readonly chunk: Uint8Array<ArrayBuffer> };

/** What it answers: requests are answered in their order. */
export type WorkerResponse =
  | { readonly kind: "batch"; readonly packed: PackedBatch }
  | { readonly kind: "frame"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "error"; readonly error: PlainError };

/** An error as plain data: a structured clone keeps neither class nor fields. */
export interface PlainError {
  readonly code: FormatErrorCode | undefined;
  readonly message: string;
  readonly path: string | undefined;
  readonly cause: { readonly message: string; readonly code: string | undefined } | undefined;
}

/** One request that is done while the next one waits, so that a worker never idles. */
const requestsPerWorker = 2;

const workerUrl = new URL("./compress-worker.js", import.meta.url);

/** Whether workers can be started: the file is missing when a bundler left it behind, and when sources are run. */
export function canUseWorkers(): boolean {
  return workerUrl.protocol === "file:" && existsSync(fileURLToPath(workerUrl));
}

interface Pending {
  readonly resolve: (response: WorkerResponse) => void;
  readonly reject: (reason: unknown) => void;
}

interface RunningWorker {
  readonly worker: Worker;
  /** In the order of the requests. */
  readonly pending: Pending[];
}

/** Compresses in worker threads. A worker that dies is an error of everything that it was asked. */
export function createWorkerStage(count: number, setup: WorkerSetup, url: URL = workerUrl): CompressStage {
  let failure: FormatError | undefined;
  const workers = Array.from({ length: count }, () => start(url, setup, (error) => (failure ??= error)));

  function ask(request: WorkerRequest, transfer: ArrayBuffer[]): Promise<WorkerResponse> {
    return new Promise((resolve, reject) => {
      const target = workers.reduce((best, next) =>
        next.pending.length < best.pending.length ? next : best,
      );
      if (failure !== undefined) return reject(failure);
      target.pending.push({ resolve, reject });
      target.worker.postMessage(request, transfer);
    });
  }

  return {
    width: count * requestsPerWorker,
    async batch(root, files) {
      const response = await ask({ kind: "batch", root, files }, []);
      return response.kind === "batch" ? response.packed : unexpected(response);
    },
    async frame(chunk) {
      const response = await ask({ kind: "frame", chunk }, [chunk.buffer]);
      return response.kind === "frame" ? response.bytes : unexpected(response);
    },
    async close() {
      failure ??= crashed("the job has ended");
      await Promise.all(workers.map(({ worker }) => worker.terminate()));
    },
  };
}

function start(url: URL, setup: WorkerSetup, onCrash: (error: FormatError) => void): RunningWorker {
  // Flags of the process (`--input-type`, `--inspect-brk`) are not meant for workers.
  const worker = new Worker(url, { workerData: setup, execArgv: [] });
  const pending: Pending[] = [];
  const crash = (error: FormatError): void => {
    onCrash(error);
    for (const { reject } of pending.splice(0)) reject(error);
  };
  worker.on("message", (response: WorkerResponse) => pending.shift()?.resolve(response));
  worker.on("error", (cause) => crash(crashed(cause.message, cause)));
  worker.on("exit", (code) => crash(crashed(`it ended with code ${code}`)));
  return { worker, pending };
}

function crashed(why: string, cause?: unknown): FormatError {
  return new FormatError("WorkerFailed", `A compression worker stopped: ${why}; try with workers: 0`, {
    cause,
  });
}

function unexpected(response: WorkerResponse): never {
  if (response.kind !== "error") throw crashed(`it answered with ${response.kind}`);
  const { code, message, path, cause } = response.error;
  const original =
    cause === undefined ? undefined : Object.assign(new Error(cause.message), { code: cause.code });
  throw new FormatError(code ?? "WorkerFailed", message, { path, cause: original });
}
