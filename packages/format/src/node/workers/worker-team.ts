import { Worker } from "node:worker_threads";

import { FormatError } from "../../errors.js";

/** Threads that run the same file and answer requests, each in the order in which it gets them. */
export interface WorkerTeam<Request, Response> {
  /**
   * Asks whoever has least to do, or one of them by number, counted round and round. Rejects with `WorkerFailed` when a worker
   * has died, or the team was closed.
   */
  ask(request: Request, transfer?: readonly ArrayBuffer[], worker?: number): Promise<Response>;
  /** Why nothing can be asked any more. */
  readonly failure: FormatError | undefined;
  /** Ends the threads. */
  close(): Promise<void>;
}

interface RunningWorker<Response> {
  readonly worker: Worker;
  /** In the order of the requests. */
  readonly pending: {
    readonly resolve: (response: Response) => void;
    readonly reject: (reason: unknown) => void;
  }[];
}

export interface WorkerTeamOptions {
  /** Whether files that a thread has open are closed when it is ended in the middle of its work. Default false. */
  readonly ownsHandles?: boolean | undefined;
  /** Whether the process may end while nothing is asked. Default false: a team keeps it alive until it is closed. */
  readonly background?: boolean | undefined;
  /** What to do about threads that fail, for messages. */
  readonly advice?: string | undefined;
}

/** Starts threads. One that dies is an error of everything that it was asked, and of all that is asked later. */
export function startWorkerTeam<Request, Response>(
  url: URL,
  setup: unknown,
  count: number,
  options: WorkerTeamOptions = {},
): WorkerTeam<Request, Response> {
  let failure: FormatError | undefined;
  const workers: RunningWorker<Response>[] = [];
  try {
    for (let index = 0; index < count; index++) {
      workers.push(start<Response>(url, setup, options, (error) => (failure ??= error)));
    }
  } catch (cause) {
    // A process may be forbidden to start threads (`--permission`).
    failure ??= workerFailed(cause instanceof Error ? cause.message : String(cause), cause, options.advice);
  }
  return {
    ask(request, transfer = [], chosen) {
      return new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        const idlest = workers.reduce((best, next) =>
          next.pending.length < best.pending.length ? next : best,
        );
        const target = (chosen === undefined ? undefined : workers[chosen % workers.length]) ?? idlest;
        target.pending.push({ resolve, reject });
        if (options.background === true) target.worker.ref();
        target.worker.postMessage(request, transfer);
      });
    },
    get failure() {
      return failure;
    },
    async close() {
      failure ??= workerFailed("the job has ended");
      await Promise.all(workers.map(({ worker }) => worker.terminate()));
    },
  };
}

function start<Response>(
  url: URL,
  setup: unknown,
  { ownsHandles = false, background = false, advice }: WorkerTeamOptions,
  onCrash: (error: FormatError) => void,
): RunningWorker<Response> {
  // Flags of the process (`--input-type`, `--inspect-brk`) are not meant for workers.
  const worker = new Worker(url, { workerData: setup, execArgv: [], trackUnmanagedFds: ownsHandles });
  const pending: RunningWorker<Response>["pending"] = [];
  if (background) worker.unref();
  const crash = (error: FormatError): void => {
    onCrash(error);
    for (const { reject } of pending.splice(0)) reject(error);
  };
  worker.on("message", (response: Response) => {
    pending.shift()?.resolve(response);
    if (background && pending.length === 0) worker.unref();
  });
  worker.on("error", (cause) => crash(workerFailed(cause.message, cause, advice)));
  worker.on("exit", (code) => crash(workerFailed(`it ended with code ${code}`, undefined, advice)));
  return { worker, pending };
}

/** The error for threads that cannot go on. */
export function workerFailed(why: string, cause?: unknown, advice = "try with workers: 0"): FormatError {
  return new FormatError("WorkerFailed", `A worker thread stopped: ${why}; ${advice}`, { cause });
}
