import { MessageChannel } from "node:worker_threads";
import { createDisposableWorker } from "../disposable-worker.js";
import type { HighlightRequest } from "./highlight-worker.js";
import type { Span } from "./line.js";

/** Colours text. It is another thread's work: patterns can take for ever on text that was made for that. */
export interface Highlighter {
  /** The pieces of the text with what they are; `undefined` when they are not known, or not in time. */
  highlight(fileName: string, text: string, signal: AbortSignal): Promise<readonly Span[] | undefined>;
  close(): Promise<void>;
}

/** Loading the languages takes a quarter of this. */
const patienceMs = 2000;

const workerUrl = new URL("./highlight-worker.js", import.meta.url);

/** The thread is started by the first text, and again after one that it did not get done. */
export function createHighlighter(url: URL = workerUrl, timeoutMs: number = patienceMs): Highlighter {
  const thread = createDisposableWorker(url);
  return {
    async highlight(fileName, text, signal) {
      const running = signal.aborted ? undefined : thread.running();
      // Without a thread text is plain.
      if (running === undefined) return undefined;
      const { port1, port2 } = new MessageChannel();
      const answer = await new Promise<readonly Span[] | undefined>((resolve) => {
        const timer = setTimeout(() => {
          resolve(undefined);
          void thread.stop();
        }, timeoutMs);
        const settle = (pieces?: readonly Span[]): void => {
          clearTimeout(timer);
          running.off("error", fail);
          resolve(pieces);
        };
        const fail = (): void => settle();
        running.on("error", fail);
        port1.on("message", (pieces: readonly Span[] | undefined) => settle(pieces));
        running.postMessage({ fileName, text, port: port2 } satisfies HighlightRequest, [port2]);
      });
      port1.close();
      return signal.aborted ? undefined : answer;
    },
    close: () => thread.stop(),
  };
}
