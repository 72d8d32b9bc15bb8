/** How fast a body has to move, at least. */
export interface LeastRate {
  readonly bytesPerSecond: number;
  /** What the rate is averaged over: only time in which somebody waits for the connection. */
  readonly windowMs: number;
}

/** Watches a body on its way through a connection. Whoever takes or makes the bytes may take all the time in the world. */
export interface RateWatch {
  /** The connection is waited for, from now on. */
  wait(): void;
  /** So many bytes came or went; nobody waits until the next call of `wait`. */
  moved(bytes: number): void;
  /** Nothing is watched any more. Harmless at any time. */
  stop(): void;
}

/** Node takes longer ones for 1 ms. */
export const longestTimerMs = 2_147_483_647;

/** Calls back, once, when fewer bytes moved in a window than had to. */
export function watchRate({ bytesPerSecond, windowMs }: LeastRate, onTooSlow: () => void): RateWatch {
  let bytes = 0;
  let waitedMs = 0;
  let waitingSince: number | undefined;
  let timer: NodeJS.Timeout | undefined;

  const check = (): void => {
    timer = undefined;
    // Whoever waits again brings the timer back.
    if (waitingSince === undefined) return;
    const now = performance.now();
    waitedMs += now - waitingSince;
    waitingSince = now;
    if (waitedMs >= windowMs) {
      if (bytes < (bytesPerSecond * waitedMs) / 1000) {
        waitingSince = undefined;
        onTooSlow();
        return;
      }
      bytes = 0;
      waitedMs = 0;
    }
    arm();
  };
  const arm = (): void => {
    // Rounded up: a timer that is early by less than a millisecond would come again and again.
    timer = setTimeout(check, Math.min(Math.ceil(Math.max(windowMs - waitedMs, 0)) + 1, longestTimerMs));
  };
  return {
    wait() {
      waitingSince = performance.now();
      if (timer === undefined) arm();
    },
    moved(count) {
      bytes += count;
      if (waitingSince !== undefined) waitedMs += performance.now() - waitingSince;
      waitingSince = undefined;
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
      waitingSince = undefined;
    },
  };
}
