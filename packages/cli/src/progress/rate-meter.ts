import type { MeasuredProgress, ProgressState } from "./progress-state.js";

/** Long enough that one slow answer does not make it jump, short enough to follow a network that changes. */
const windowMs = 5000;
/** Before that, a rate would be a guess. */
const minimumMs = 500;

/** Measures how fast bytes come, over the past seconds. */
export interface RateMeter {
  measure(state: ProgressState, now: number): MeasuredProgress;
}

export function createRateMeter(): RateMeter {
  let stage: string | undefined;
  let samples: { readonly at: number; readonly bytes: number }[] = [];
  return {
    measure(state, now) {
      const last = samples.at(-1);
      // Another stage, or an upload that starts again.
      if (state.stage !== stage || (last !== undefined && state.bytesDone < last.bytes)) samples = [];
      stage = state.stage;
      if (last === undefined || samples.length === 0 || now - last.at >= 50) {
        samples.push({ at: now, bytes: state.bytesDone });
      }
      // One older sample stays: the window has to reach back to its beginning.
      while (samples.length > 2 && now - (samples[1]?.at ?? now) > windowMs) samples.shift();
      const [first] = samples;
      const elapsed = now - (first?.at ?? now);
      const rate =
        first === undefined || elapsed < minimumMs
          ? undefined
          : ((state.bytesDone - first.bytes) * 1000) / elapsed;
      const left = state.bytesTotal - state.bytesDone;
      const secondsLeft =
        rate === undefined || rate <= 0 || state.bytesTotal === 0 || left < 0 ? undefined : left / rate;
      return { ...state, rate, secondsLeft };
    },
  };
}
