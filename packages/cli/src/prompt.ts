import type { Readable } from "node:stream";
import { Interruption } from "./interruption.js";
import type { Io } from "./io.js";
import { printable } from "@blob/core/text";

/** Longer than any token that a registry takes. */
const maxLength = 64 * 1024;

/** A terminal that can stop echoing what is typed. */
type Terminal = Readable & { readonly isTTY: true; setRawMode(raw: boolean): unknown };

export function isTerminal(stream: Readable): stream is Terminal {
  return "isTTY" in stream && stream.isTTY === true && "setRawMode" in stream;
}

/**
 * Asks on standard error and reads a line from the terminal. What is typed is shown, or with `secret` is not. Ctrl-C
 * and Ctrl-D end the command.
 */
export async function askTerminal(
  { stdin, stderr, signal }: Io,
  question: string,
  { secret = false }: { readonly secret?: boolean } = {},
): Promise<string> {
  if (!isTerminal(stdin)) throw new Error("there is no terminal to ask at");
  signal.throwIfAborted();
  stderr.write(printable(question));
  // Raw in both cases: the terminal's own line editing would echo, and keep what comes after the line.
  stdin.setRawMode(true);
  try {
    return await readLine(stdin, (text) => secret || void stderr.write(text), signal);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write("\n");
  }
}

function readLine(stdin: Readable, echo: (text: string) => void, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = "";
    const end = (settle: () => void): void => {
      stdin.off("data", onData);
      stdin.off("end", onEnd);
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const stop = (): void => end(() => reject(new Interruption("SIGINT")));
    const onEnd = stop;
    const onAbort = (): void => end(() => reject(reasonOf(signal)));
    const onData = (chunk: Buffer | string): void => {
      for (const character of String(chunk)) {
        if (character === "\r" || character === "\n") return end(() => resolve(line));
        if (character === "\u0003" || character === "\u0004") return stop();
        if (character === "\u007f" || character === "\b") {
          if (line !== "") echo("\b \b");
          line = line.replace(/.$/su, "");
        } else if (character >= " " && line.length < maxLength) {
          line += character;
          echo(character);
        }
      }
    };
    stdin.on("data", onData);
    stdin.on("end", onEnd);
    signal.addEventListener("abort", onAbort, { once: true });
    stdin.resume();
  });
}

function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Interruption("SIGINT");
}
