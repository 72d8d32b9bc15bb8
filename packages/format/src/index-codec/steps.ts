import { nextTurn } from "@blob/core/concurrency";

/** Work that can be interrupted: it yields after every few milliseconds of it, and returns what it was about. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Does all of it at once. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Lets others go on between the steps. The signal is looked at there. */
export async function inTurns<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await nextTurn();
    signal?.throwIfAborted();
  }
}

/** Rows of a column that are dealt with before others get a turn: counted, not timed. */
export const rowsPerStep = 8192;

/** The same for rows of which each becomes an object, a string or bytes. */
export const filesPerStep = 1024;
