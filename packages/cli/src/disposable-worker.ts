import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker, type WorkerOptions } from "node:worker_threads";

/** A thread for work that may have to be broken off: it is started when it is first needed, and again after its end. */
export interface DisposableWorker {
  /** Undefined where sources are run, and where a bundler left its file behind. Throws where no thread may be started. */
  running(): Worker | undefined;
  /** Ends the thread, whatever it is doing. */
  stop(): Promise<void>;
}

export function createDisposableWorker(url: URL, options: WorkerOptions = {}): DisposableWorker {
  const isThere = existsSync(fileURLToPath(url));
  let worker: Worker | undefined;

  function start(): Worker {
    const started = new Worker(url, { execArgv: [], stdout: true, stderr: true, ...options });
    const forget = (): void => {
      if (worker === started) worker = undefined;
    };
    return started.on("error", forget).on("exit", forget);
  }

  return {
    running: () => (isThere ? (worker ??= start()) : undefined),
    async stop() {
      const stopped = worker;
      worker = undefined;
      await stopped?.terminate();
    },
  };
}
