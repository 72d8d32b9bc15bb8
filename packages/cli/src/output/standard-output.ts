import type { Io } from "../io.js";
import { OutputError } from "./output-error.js";

/** Standard output with its errors: nothing counts as written before `flush` says so. */
export interface StandardOutput {
  /**
   * Writes, and waits for a slow reader. False when nobody reads any more, which is no error.
   *
   * @throws OutputError when an earlier write failed: this one's own error may come later.
   */
  write(chunk: string | Uint8Array): Promise<boolean>;
  /**
   * Waits until everything is written.
   *
   * @throws OutputError when any write failed.
   */
  flush(): Promise<void>;
}

/**
 * What a write to a reader that left ends with, and what every later write to the same stream does; and how a program that
 * runs the command in its own process says that it reads no more.
 */
const readerLeft: ReadonlySet<unknown> = new Set(["EPIPE", "ERR_STREAM_DESTROYED", "ABORT_ERR"]);

export function createStandardOutput({ stdout, signal }: Pick<Io, "stdout" | "signal">): StandardOutput {
  let failure: Error | undefined;
  let pending = 0;
  const waiting: (() => void)[] = [];
  const wake = (): void => {
    for (const resume of waiting.splice(0)) resume();
  };
  const fail = (error: Error): void => {
    // The first one says what happened, the others that something had.
    failure ??= error;
    wake();
  };
  stdout.on("error", fail).on("close", wake);
  signal.addEventListener("abort", wake);

  const isOpen = (): boolean => {
    failure ??= stdout.errored ?? undefined;
    if (failure !== undefined && !readerLeft.has(Reflect.get(failure, "code")))
      throw new OutputError(failure);
    return failure === undefined && !stdout.destroyed;
  };
  const until = async (isDone: () => boolean): Promise<boolean> => {
    while (isOpen() && !isDone()) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    return isOpen();
  };
  return {
    async write(chunk) {
      if (!isOpen()) return false;
      pending += 1;
      const hasRoom = stdout.write(chunk, (error) => {
        pending -= 1;
        if (error) fail(error);
        else wake();
      });
      return hasRoom || until(() => !stdout.writableNeedDrain);
    },
    async flush() {
      await until(() => pending === 0);
    },
  };
}
