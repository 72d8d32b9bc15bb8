import process from "node:process";
import { ReadStream, WriteStream } from "node:tty";
import type { Io } from "../io.js";
import { UsageError } from "../errors/usage-error.js";
import type { Key } from "./keys.js";
import { decodeKeys } from "./keys.js";

/** The terminal while a full-screen program has it. */
export interface Terminal {
  /** Gives the terminal back as it was. May be called again. */
  leave(): void;
}

export interface TerminalListeners {
  readonly onKey: (key: Key) => void;
  /** It has another size, or what it shows is not known any more. */
  readonly onResize: () => void;
  /** Nobody is at the terminal any more. */
  readonly onHangup: () => void;
}

// Alternate screen, no cursor, pasted text between marks; and back.
const enterSequence = "\u001b[?1049h\u001b[?25l\u001b[?2004h\u001b[2J\u001b[H";
const leaveSequence = "\u001b[0m\u001b[?2004l\u001b[?25h\u001b[?1049l";

/** Escape begins what other keys send: so long it waits for the rest, in milliseconds. */
const escapeMs = 40;

/** Refuses to open what cannot be a screen. */
export function requireTerminal(io: Io): { readonly stdin: ReadStream; readonly stdout: WriteStream } {
  const { stdin, stdout } = io;
  if (!(stdin instanceof ReadStream) || !(stdout instanceof WriteStream) || io.env["TERM"] === "dumb") {
    throw new UsageError("open needs a terminal: use `blob ls` and `blob cat` in scripts and pipes");
  }
  return { stdin, stdout };
}

/** Takes the terminal. However the process ends, short of SIGKILL, it is given back. */
export function enterTerminal(io: Io, listeners: TerminalListeners): Terminal {
  const { stdin, stdout } = requireTerminal(io);
  let pending = "";
  let timer: NodeJS.Timeout | undefined;
  let isOurs = true;

  const decode = (isComplete: boolean): void => {
    const { keys, rest } = decodeKeys(pending, isComplete);
    pending = rest;
    for (const key of keys) if (isOurs) listeners.onKey(key);
    if (pending !== "" && isOurs) timer = setTimeout(() => decode(true), escapeMs);
  };
  const onData = (chunk: Buffer | string): void => {
    clearTimeout(timer);
    pending += chunk.toString();
    decode(false);
  };
  const onHangup = (): void => listeners.onHangup();
  // While the process was stopped the terminal was somebody else's, who may have left it otherwise.
  const onContinue = (): void => {
    stdin.setRawMode(false);
    stdin.setRawMode(true);
    stdout.write(enterSequence);
    listeners.onResize();
  };

  const leave = (): void => {
    if (!isOurs) return;
    isOurs = false;
    clearTimeout(timer);
    process.off("exit", leave);
    process.off("uncaughtExceptionMonitor", leave);
    process.off("SIGCONT", onContinue);
    stdin.off("data", onData).off("end", onHangup).off("close", onHangup);
    stdout.off("resize", listeners.onResize);
    try {
      stdin.setRawMode(false);
      stdout.write(leaveSequence);
    } catch {
      // It is gone: there is nothing to give back.
    }
    stdin.pause();
    // Later: a terminal that is gone may say so yet.
    setImmediate(() => {
      process.off("SIGHUP", onHangup);
      stdin.off("error", onHangup);
    });
  };

  process.on("exit", leave);
  // Before Node prints what went wrong, which is to be seen on the usual screen.
  process.on("uncaughtExceptionMonitor", leave);
  process.on("SIGHUP", onHangup);
  process.on("SIGCONT", onContinue);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.on("data", onData).on("end", onHangup).on("close", onHangup).on("error", onHangup);
  stdout.on("resize", listeners.onResize);
  stdout.write(enterSequence);
  stdin.resume();
  return { leave };
}
