import { parentPort } from "node:worker_threads";

import { loadZstdDecoder } from "../zstd/zstd-decoder.js";
import { answerDecode } from "./decode-job.js";
import type { DecodeJob } from "./decode-job.js";

// The body of a worker thread of `content-threads.ts`.

const decoder = await loadZstdDecoder();

parentPort?.on("message", (job: DecodeJob) => {
  const response = answerDecode(job, decoder);
  parentPort?.postMessage(response, response.kind === "content" ? [response.content.buffer] : []);
});
