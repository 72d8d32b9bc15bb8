import { parentPort, workerData } from "node:worker_threads";

import { isFormatError } from "../errors.js";
import { createBatchCompressor } from "./compress-batch.js";
import { isSystemError } from "./file-system-error.js";
import { loadZstdEncoder } from "./node-zstd.js";
import type { PlainError, WorkerRequest, WorkerResponse, WorkerSetup } from "./worker-stage.js";

// The body of a worker thread of `worker-stage.ts`.

const setup: WorkerSetup = workerData;
const encoder = setup.encoder === undefined ? undefined : await loadZstdEncoder(setup.encoder);
const compressBatch = createBatchCompressor(encoder);

parentPort?.on("message", (request: WorkerRequest) => {
  const response = answer(request);
  parentPort?.postMessage(response, transferable(response));
});

function answer(request: WorkerRequest): WorkerResponse {
  try {
    if (request.kind === "batch") return { kind: "batch", packed: compressBatch(request.files, setup) };
    return { kind: "frame", bytes: encoder?.compress(request.chunk, setup.level).slice() ?? request.chunk };
  } catch (error) {
    return { kind: "error", error: toPlainError(error) };
  }
}

function transferable(response: WorkerResponse): ArrayBuffer[] {
  switch (response.kind) {
    case "batch":
      return [response.packed.bytes.buffer, response.packed.hashes.buffer];
    case "frame":
      return [response.bytes.buffer];
    case "error":
      return [];
    default:
      return response satisfies never;
  }
}

function toPlainError(error: unknown): PlainError {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  return {
    code: isFormatError(error) ? error.code : undefined,
    path: isFormatError(error) ? error.path : undefined,
    message,
    cause: isSystemError(cause) ? { message: cause.message, code: cause.code } : undefined,
  };
}
