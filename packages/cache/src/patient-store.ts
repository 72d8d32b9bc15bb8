import { untilAborted } from "@blob/core/abort";
import type { CacheReader, CacheStore } from "./cache-store.js";
import { CacheError } from "./errors.js";

/** How long a store may take, in milliseconds. */
export interface Patience {
  /** To find an entry, for each piece of one, and to delete one. Default two seconds. */
  readonly lookUpMs?: number | undefined;
  /** To take a piece of an entry, and to finish it. Default five seconds. */
  readonly putMs?: number | undefined;
}

/**
 * The store, without anybody waiting long for it: a file system over a network may never answer. What takes too long is
 * `TimedOut`, and until it has ended after all the store is not asked: it has nothing, and keeps nothing.
 */
export function withPatience(
  store: CacheStore,
  { lookUpMs = 2000, putMs = 5000 }: Patience = {},
): CacheStore {
  let hanging = 0;

  async function within<T>(
    ms: number,
    key: string,
    signal: AbortSignal | undefined,
    work: Promise<T>,
  ): Promise<T> {
    const deadline = createDeadline(ms);
    deadline.start();
    return await waitFor(work, deadline, key, signal);
  }

  async function waitFor<T>(
    work: Promise<T>,
    deadline: Deadline,
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    try {
      const first = await untilAborted(Promise.race([work, deadline.passed]), signal);
      if (first !== late) return first;
    } finally {
      deadline.stop();
    }
    hanging += 1;
    const end = (): void => void (hanging -= 1);
    work.then(end, end);
    throw new CacheError("TimedOut", `the store of ${key} does not answer: it is left alone`, { key });
  }

  function patientReader(reader: CacheReader, key: string, signal: AbortSignal | undefined): CacheReader {
    return {
      size: reader.size,
      async *read(range) {
        const pieces = reader.read(range)[Symbol.asyncIterator]();
        let isHanging = false;
        try {
          for (;;) {
            isHanging = true;
            const next = await within(lookUpMs, key, signal, pieces.next());
            isHanging = false;
            if (next.done === true) return;
            yield next.value;
          }
        } finally {
          // It would wait for what hangs.
          if (!isHanging) await pieces.return?.();
        }
      },
      close: () => within(lookUpMs, key, undefined, reader.close()),
    };
  }

  return {
    async open(key, options = {}) {
      if (hanging > 0) return undefined;
      const { signal } = options;
      const opening = store.open(key, options);
      try {
        const reader = await within(lookUpMs, key, signal, opening);
        return reader && patientReader(reader, key, signal);
      } catch (error) {
        // Nobody else will.
        opening.then((reader) => reader?.close()).catch(() => undefined);
        throw error;
      }
    },
    async put(key, body, options = {}) {
      if (hanging > 0) return;
      const deadline = createDeadline(putMs);
      let isOver = false;
      async function* watched(): AsyncGenerator<Uint8Array, void, undefined> {
        deadline.stop();
        for await (const piece of body) {
          if (isOver) throw new CacheError("TimedOut", `${key} came too late`, { key });
          deadline.start();
          yield piece;
          // Now it is the body that takes its time.
          deadline.stop();
        }
        if (!isOver) deadline.start();
      }
      deadline.start();
      try {
        await waitFor(store.put(key, watched(), options), deadline, key, options.signal);
      } finally {
        isOver = true;
      }
    },
    async delete(key, options = {}) {
      return hanging === 0 && within(lookUpMs, key, options.signal, store.delete(key, options));
    },
    entries: (options) => store.entries(options),
  };
}

const late = Symbol("late");

/** A time that may be stopped, and started anew. */
interface Deadline {
  readonly passed: Promise<typeof late>;
  start(): void;
  stop(): void;
}

/** In steps, so that a process that was stopped or busy does not take the time that it missed for the store's. */
const steps = 10;

function createDeadline(ms: number): Deadline {
  let timer: NodeJS.Timeout | undefined;
  let pass: (value: typeof late) => void = () => undefined;
  const passed = new Promise<typeof late>((resolve) => {
    pass = resolve;
  });
  const stop = (): void => clearTimeout(timer);
  const wait = (left: number): void => {
    timer = setTimeout(() => (left > 1 ? wait(left - 1) : pass(late)), ms / steps);
  };
  return {
    passed,
    stop,
    start() {
      stop();
      wait(steps);
    },
  };
}
