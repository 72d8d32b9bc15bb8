import { parentPort } from "node:worker_threads";

import { createDecodeScratch } from "../read/decode-scratch.js";
import { loadZstdDecoder } from "../zstd/zstd-decoder.js";
import { toPlainError } from "../workers/plain-error.js";
import type { ChunkAnswer, ChunkJob } from "./chunk-job.js";
import { doChunkJob } from "./do-chunk-job.js";
import { createRunningHashes } from "./running-hashes.js";

// The body of a worker thread of `chunk-stage.ts`.

const tools = {
  decoder: await loadZstdDecoder(),
  scratch: createDecodeScratch(),
  hashes: createRunningHashes(),
};

parentPort?.on("message", (job: ChunkJob) => {
  const memory = job.kind === "write" ? job.stored.buffer : undefined;
  parentPort?.postMessage({ ...answer(job), memory }, memory === undefined ? [] : [memory]);
});

function answer(job: ChunkJob): ChunkAnswer {
  try {
    return { kind: "done", ...doChunkJob(job, tools) };
  } catch (error) {
    return { kind: "error", error: toPlainError(error) };
  }
}
