import { createDisposableWorker } from "../disposable-worker.js";
import { Html } from "./markup.js";
import type { PreviewRequest } from "./preview-worker.js";

/**
 * Renders texts, one after the other, in a thread of its own: what somebody has made to take long, or much memory, keeps
 * nobody else from being answered.
 */
export interface PreviewRenderer {
  /** Undefined when it was not done in time, or is too large: then the text has to do. */
  render(request: PreviewRequest, signal: AbortSignal): Promise<Html | undefined>;
  close(): Promise<void>;
}

export interface PreviewRendererOptions {
  /** Of the thread's file. Default: the one beside this. */
  readonly url?: URL | undefined;
  /** For one text. Default 3000, several times of what the largest honest ones take. */
  readonly timeoutMs?: number | undefined;
}

const workerUrl = new URL("./preview-worker.js", import.meta.url);

/** Documents that are as large as a preview may be take a fourth. */
const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 };

/** The thread is started by the first text, and again after one that it did not get done. */
export function createPreviewRenderer({
  url = workerUrl,
  timeoutMs = 3000,
}: PreviewRendererOptions = {}): PreviewRenderer {
  const thread = createDisposableWorker(url, { resourceLimits });
  let isClosed = false;
  let turn: Promise<string | undefined> = Promise.resolve(undefined);

  async function ask(request: PreviewRequest, signal: AbortSignal): Promise<string | undefined> {
    const running = thread.running();
    if (running === undefined) return undefined;
    return new Promise((resolve) => {
      const settle = (source?: string): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
        running.off("message", settle).off("error", fail).off("exit", fail);
        resolve(source);
      };
      const fail = (): void => settle();
      const giveUp = (): void => {
        // Nobody waits for its end: the next text gets a new one.
        void thread.stop();
        settle();
      };
      const timer = setTimeout(giveUp, timeoutMs);
      signal.addEventListener("abort", giveUp, { once: true });
      running.on("message", settle).on("error", fail).on("exit", fail);
      running.postMessage(request, []);
    });
  }

  return {
    async render(request, signal) {
      const asked = turn
        .then(() => (!isClosed && !signal.aborted ? ask(request, signal) : undefined))
        // A process may be forbidden to start threads (`--permission`).
        .catch(() => undefined);
      turn = asked;
      const source = await asked;
      signal.throwIfAborted();
      return source === undefined ? undefined : new Html(source);
    },
    async close() {
      isClosed = true;
      await thread.stop();
    },
  };
}
