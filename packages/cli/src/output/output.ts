import { colored, hasColor } from "./color.js";
import type { Io } from "../io.js";
import { jsonText } from "./json-text.js";
import type { Line } from "./line.js";
import { lineText } from "./line.js";
import { printable } from "@blob/core/text";
import type { StandardOutput } from "./standard-output.js";

export type OutputFormat = "text" | "json";

/** Where results and messages go: results to standard output in the chosen format, the rest to standard error. */
export interface Output {
  readonly format: OutputFormat;
  /**
   * The result of a command: lines for people, or one JSON document for programs, in which any iterable is an array.
   * Returns when it is written, or nobody reads it. With `--quiet` nothing is written, unless it is `whatIsAsked`: what
   * somebody wants to know who asks for settings.
   *
   * @throws OutputError
   */
  result(json: unknown, lines: () => Iterable<Line>, options?: ResultOptions): Promise<void>;
  /** Bytes or text as they are. False when nobody reads any more. @throws OutputError */
  bytes(chunk: Uint8Array | string): Promise<boolean>;
  /** A message for people, unless they asked for quiet. */
  note(line: string): void;
  /** A message for people who asked for more, with `-v`. */
  detail(line: string): void;
  /** A message that matters, even with `--quiet`. */
  warning(line: string): void;
  /** Calls `clear` before anything else is written: for a bar that is drawn on the same terminal. */
  onWrite(clear: () => void): void;
}

export interface ResultOptions {
  /** Default false. */
  readonly whatIsAsked?: boolean;
}

export interface OutputOptions {
  readonly format: OutputFormat;
  readonly quiet?: boolean;
  readonly verbosity?: number;
  readonly color?: boolean;
}

/** As much text as is written at once. */
const chunkLength = 64 * 1024;

/** @param standardOutput Shared by all that write there. */
export function createOutput(
  io: Pick<Io, "stdout" | "stderr" | "env">,
  standardOutput: StandardOutput,
  { format, quiet = false, verbosity = 0, color = false }: OutputOptions,
): Output {
  const { stderr } = io;
  let clear = (): void => undefined;
  const say = (line: string): void => {
    clear();
    stderr.write(`${line}\n`);
  };
  const write = async (chunk: string | Uint8Array): Promise<boolean> => {
    clear();
    return standardOutput.write(chunk);
  };
  return {
    format,
    async result(json, lines, { whatIsAsked = false } = {}) {
      if (quiet && !whatIsAsked) return;
      const hasColors = hasColor(io.stdout, io.env, color);
      for (const text of format === "json" ? documentOf(json) : linesOf(lines(), hasColors)) {
        if (!(await write(text))) return;
      }
      await standardOutput.flush();
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

function* documentOf(json: unknown): Generator<string> {
  yield* jsonText(json);
  yield "\n";
}

function* linesOf(lines: Iterable<Line>, hasColors: boolean): Generator<string> {
  let text = "";
  for (const line of lines) {
    text += `${lineText(line, hasColors)}\n`;
    if (text.length < chunkLength) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}
