import { parentPort, workerData } from "node:worker_threads";

import { createBatchCompressor } from "./compress-batch.js";
import { createPartPacker } from "./pack-part.js";
import { toPlainError } from "../workers/plain-error.js";
import type { WorkerRequest, WorkerResponse, WorkerSetup } from "./worker-stage.js";
import { loadZstdEncoder } from "../zstd/zstd-encoders.js";

// The body of a worker thread of `worker-stage.ts`.

const setup: WorkerSetup = workerData;
const encoder = setup.encoder === undefined ? undefined : await loadZstdEncoder(setup.encoder);
const compressBatch = createBatchCompressor(encoder, setup);
const packer = createPartPacker(encoder, setup.level);

parentPort?.on("message", (request: WorkerRequest) => {
  const response = answer(request);
  parentPort?.postMessage(response, transferable(response));
});

function answer(request: WorkerRequest): WorkerResponse {
  try {
    if (request.kind === "batch") return { kind: "batch", packed: compressBatch(request.batch) };
    if (request.kind === "file-hash") return { kind: "file-hash", hash: packer.fileHash() };
    return { kind: "part", packed: packer.pack(request.part, request.use) };
  } catch (error) {
    return { kind: "error", error: toPlainError(error) };
  }
}

function transferable(response: WorkerResponse): ArrayBuffer[] {
  switch (response.kind) {
    case "batch": {
      const { bytes, hashes, sizes, storedSizes, compressed } = response.packed;
      return [bytes.buffer, hashes.buffer, sizes.buffer, storedSizes.buffer, compressed.buffer];
    }
    case "part":
      return [response.packed.bytes.buffer, response.packed.hashes.buffer];
    case "file-hash":
    case "error":
      return [];
    default:
      return response satisfies never;
  }
}
