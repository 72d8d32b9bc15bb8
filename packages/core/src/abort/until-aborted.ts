import { onAbort } from "./on-abort.js";

/**
 * What a promise comes to, or the signal's reason when that comes first. The promise's work goes on; whatever becomes of it
 * then is nobody's unhandled rejection. A failure of work whose signal has aborted is the signal's reason, too: it broke
 * because of that.
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const stop = onAbort(signal, () => reject(signal.reason));
    work.then(resolve, reject).finally(stop);
  });
}
