import { parentPort } from "node:worker_threads";

import { writeBatch } from "./extract-batch.js";
import type { ExtractBatch } from "./extract-batch.js";
import type { ExtractResponse } from "./extract-stage.js";
import { loadZstdDecoder } from "../zstd/zstd-decoder.js";
import { toPlainError } from "../workers/plain-error.js";

// The body of a worker thread of `extract-stage.ts`.

const decoder = await loadZstdDecoder();

parentPort?.on("message", (batch: ExtractBatch) => {
  const response = answer(batch);
  parentPort?.postMessage(
    response,
    response.kind === "written" ? [response.inodes.buffer, response.lost.buffer] : [],
  );
});

function answer(batch: ExtractBatch): ExtractResponse {
  try {
    return { kind: "written", ...writeBatch(batch, decoder) };
  } catch (error) {
    return { kind: "error", error: toPlainError(error) };
  }
}
