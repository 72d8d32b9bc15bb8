import { longestTimerMs } from "./body-rate.js";

/** A time by which something has to be over, however busy whoever does it looks. */
export interface Deadline {
  /** The time runs from now on, unless it is over already. Twice is once. */
  begin(): void;
  end(): void;
}

export function createDeadline(ms: number, onLate: () => void): Deadline {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  return {
    begin() {
      if (!isOver) timer ??= setTimeout(onLate, Math.min(ms, longestTimerMs));
    },
    end() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
