import { onAbort } from "@blob/core/abort";

/** Lets only so many tasks run at once; the others wait in line. */
export interface ReadSlots {
  /** Resolves with the function that gives the slot back, which does nothing the second time. */
  take(signal: AbortSignal): Promise<() => void>;
}

export function createReadSlots(count: number): ReadSlots {
  let free = count;
  const waiting: (() => void)[] = [];
  const giveBack = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    async take(signal) {
      signal.throwIfAborted();
      if (free > 0) free -= 1;
      else await turn(waiting, signal);
      let taken = true;
      return () => {
        if (taken) giveBack();
        taken = false;
      };
    },
  };
}

async function turn(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const go = (): void => {
      stop();
      resolve();
    };
    waiting.push(go);
    const stop = onAbort(signal, () => {
      const at = waiting.indexOf(go);
      if (at >= 0) waiting.splice(at, 1);
      reject(signal.reason);
    });
  });
}
