import { parentPort } from "node:worker_threads";

import type { ExtractBatch } from "./extract-batch.js";
import type { ExtractResponse } from "./extract-stage.js";
import { createDecodeScratch } from "../read/decode-scratch.js";
import { loadZstdDecoder } from "../zstd/zstd-decoder.js";
import { toPlainError } from "../workers/plain-error.js";
import { writeBatch } from "./write-batch.js";

// The body of a worker thread of `extract-stage.ts`.

const decoder = await loadZstdDecoder();
const scratch = createDecodeScratch();

parentPort?.on("message", (batch: ExtractBatch) => {
  const response = answer(batch);
  const columns = response.kind === "written" ? [response.inodes, response.lost, response.isNamed] : [];
  parentPort?.postMessage(
    response,
    columns.map(({ buffer }) => buffer),
  );
});

function answer(batch: ExtractBatch): ExtractResponse {
  try {
    return { kind: "written", ...writeBatch(batch, decoder, scratch) };
  } catch (error) {
    return { kind: "error", error: toPlainError(error) };
  }
}
