import { once } from "node:events";
import { colored, hasColor } from "./color.js";
import type { Io } from "./io.js";
import { jsonText } from "./json-text.js";
import { printable } from "./printable.js";

export type OutputFormat = "text" | "json";

/** Where results and messages go: results to standard output in the chosen format, the rest to standard error. */
export interface Output {
  readonly format: OutputFormat;
  /** The result of a command: lines for people, or one JSON document for programs. */
  result(json: unknown, lines: () => Iterable<string>): Promise<void>;
  /** Bytes as they are. False when nobody reads any more. */
  bytes(chunk: Uint8Array): Promise<boolean>;
  /** A message for people, unless they asked for quiet. */
  note(line: string): void;
  /** A message for people who asked for more, with `-v`. */
  detail(line: string): void;
  /** A message that matters, even with `--quiet`. */
  warning(line: string): void;
  /** Calls `clear` before anything else is written: for a bar that is drawn on the same terminal. */
  onWrite(clear: () => void): void;
}

export interface OutputOptions {
  readonly format: OutputFormat;
  readonly quiet?: boolean;
  readonly verbosity?: number;
  readonly color?: boolean;
}

export function createOutput(
  io: Io,
  { format, quiet = false, verbosity = 0, color = false }: OutputOptions,
): Output {
  const { stdout, stderr } = io;
  let clear = (): void => undefined;
  const say = (line: string): void => {
    clear();
    stderr.write(`${line}\n`);
  };
  const write = async (chunk: string | Uint8Array): Promise<boolean> => {
    if (stdout.destroyed || stdout.errored !== null) return false;
    clear();
    if (stdout.write(chunk)) return true;
    // Slow readers hold us back; ones that left let us go, and so does whoever interrupts us.
    const waiting = new AbortController();
    const either = AbortSignal.any([io.signal, waiting.signal]);
    const events = ["drain", "close", "error"].map((name) => once(stdout, name, { signal: either }));
    await Promise.race(events).catch(() => undefined);
    waiting.abort();
    await Promise.allSettled(events);
    io.signal.throwIfAborted();
    return !stdout.destroyed && stdout.errored === null;
  };
  return {
    format,
    async result(json, lines) {
      if (format === "json") {
        for (const piece of jsonText(json)) if (!(await write(piece))) return;
        await write("\n");
        return;
      }
      for (const line of lines()) if (!(await write(`${printable(line)}\n`))) return;
    },
    bytes: write,
    note(line) {
      if (!quiet) say(printable(line));
    },
    detail(line) {
      if (verbosity > 0) say(printable(line));
    },
    warning(line) {
      say(`${colored("warning:", "yellow", hasColor(stderr, io.env, color))} ${printable(line)}`);
    },
    onWrite(before) {
      clear = before;
    },
  };
}
