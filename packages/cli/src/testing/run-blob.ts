import { PassThrough, Writable } from "node:stream";
import type { Io } from "../index.js";
import { main } from "../index.js";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** False: there is none. */
  readonly homeDirectory?: string | false;
  /** Instead of one that is captured. */
  readonly stdout?: Writable;
  readonly terminal?: boolean;
  readonly signal?: AbortSignal;
}

/** Runs the command in this process, as a shell would: an empty environment but for what is given. */
export async function runBlob(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const stdout = capture(options.terminal === true);
  const stderr = capture(options.terminal === true);
  const stdin = new PassThrough();
  stdin.end(options.stdin ?? "");
  const io: Io = {
    stdin,
    stdout: options.stdout ?? stdout.stream,
    stderr: stderr.stream,
    // No caches unless a test has a home for them: nothing can be made below a file.
    env:
      options.homeDirectory === undefined
        ? { XDG_CACHE_HOME: "/dev/null", ...options.env }
        : (options.env ?? {}),
    homeDirectory: options.homeDirectory === false ? undefined : (options.homeDirectory ?? "/nonexistent"),
    signal: options.signal ?? new AbortController().signal,
  };
  const code = await main(argv, io);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function capture(isTTY: boolean): {
  readonly stream: Writable & { isTTY: boolean };
  readonly text: () => string;
} {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), text: () => Buffer.concat(chunks).toString("utf8") };
}
