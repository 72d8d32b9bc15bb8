import { parentPort } from "node:worker_threads";

import { loadZstdDecoder } from "../zstd/zstd-decoder.js";
import { toPlainError } from "../workers/plain-error.js";
import type { ChunkJob, ChunkResponse } from "./chunk-job.js";
import { doChunkJob } from "./do-chunk-job.js";

// The body of a worker thread of `chunk-stage.ts`.

const decoder = await loadZstdDecoder();

parentPort?.on("message", (job: ChunkJob) => {
  const response = answer(job);
  const content = response.kind === "done" ? response.content : undefined;
  parentPort?.postMessage(response, content === undefined ? [] : [content.buffer]);
});

function answer(job: ChunkJob): ChunkResponse {
  try {
    return { kind: "done", ...doChunkJob(job, decoder) };
  } catch (error) {
    return { kind: "error", error: toPlainError(error) };
  }
}
