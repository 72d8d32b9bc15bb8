import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { Environment } from "./environment-credentials.js";

/** How credential helpers (`docker-credential-*` programs) are run. */
export interface CredentialHelperOptions {
  /** The helper's environment; its `PATH` is where helpers are looked for. Default `process.env`. */
  readonly env?: Environment | undefined;
  /** Milliseconds after which a helper is killed; default 30 000. */
  readonly helperTimeoutMs?: number | undefined;
  /** Called with a sentence for people when a helper does not work. It never holds a secret. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** How a helper ended, or why there is no telling. */
export type HelperRun =
  | { readonly exitCode: number; readonly stdout: string }
  /** Reads on after the helper's name: "is not installed". */
  | { readonly problem: string };

const defaultTimeoutMs = 30_000;
const maxOutputBytes = 1024 * 1024;

/**
 * Runs `docker-credential-<name> <action>` without a shell, writes `input` to it and collects its output.
 * Throws only the signal's reason; a helper that is still running then is killed. Its stderr is dropped: some
 * helpers print secrets there.
 */
export async function runHelper(
  name: string,
  action: "get" | "store" | "erase",
  input: string,
  options: CredentialHelperOptions & { readonly signal?: AbortSignal | undefined },
): Promise<HelperRun> {
  const { signal, env = process.env, helperTimeoutMs = defaultTimeoutMs } = options;
  signal?.throwIfAborted();
  if (!isHelperName(name)) return { problem: "has no valid name for a credential helper" };
  let child: HelperProcess;
  try {
    child = spawn(`docker-credential-${name}`, [action], {
      env: { ...env },
      stdio: ["pipe", "pipe", "ignore"],
      windowsHide: true,
    });
  } catch (error) {
    // Most failures are events; too large an environment, for one, is thrown.
    return { problem: whyNotStarted(error) };
  }
  const run = await outcome(child, input, helperTimeoutMs, signal);
  signal?.throwIfAborted();
  return run;
}

type HelperProcess = ChildProcessByStdio<Writable, Readable, null>;

/** The name comes from a file: it must not lead out of `PATH`, and goes into warnings on a terminal. */
export function isHelperName(name: string): boolean {
  return name.length <= 100 && /^[0-9A-Za-z][0-9A-Za-z._-]*$/.test(name);
}

function outcome(
  child: HelperProcess,
  input: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<HelperRun> {
  return new Promise((resolve) => {
    const output: Uint8Array[] = [];
    let length = 0;

    function settle(run: HelperRun): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      // Also lets go of pipes that a grandchild may hold open.
      child.stdin.destroy();
      child.stdout.destroy();
      child.kill("SIGKILL");
      resolve(run);
    }
    const onAbort = () => settle({ problem: "was given up" });
    const timer = setTimeout(
      () => settle({ problem: `did not answer within ${timeoutMs / 1000} s` }),
      timeoutMs,
    );
    signal?.addEventListener("abort", onAbort);
    child.on("error", (error) => settle({ problem: whyNotStarted(error) }));
    child.on("close", (code, signalName) => {
      const stdout = Buffer.concat(output).toString("utf8");
      settle(code === null ? { problem: `was killed by ${signalName}` } : { exitCode: code, stdout });
    });
    child.stdout.on("data", (chunk: Uint8Array) => {
      output.push(chunk);
      length += chunk.length;
      if (length > maxOutputBytes) settle({ problem: "answered with more than 1 MiB" });
    });
    // A helper may end without reading; its exit code tells the rest.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

function whyNotStarted(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return code === "ENOENT" ? "is not installed" : `could not be started (${String(code)})`;
}
