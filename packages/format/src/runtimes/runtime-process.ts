import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

export interface RuntimeProcess {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Enough for an error and its stack. */
const keptOutput = 20_000;

/**
 * Runs a program until `outcome` is there or the signal aborts, and ends it with all processes that it started. Fails
 * with what it printed when it ends by itself before there is an outcome.
 */
export async function runUntil<T>(outcome: Promise<T>, run: RuntimeProcess, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  // In a group of its own, which a signal reaches as a whole.
  const child = spawn(run.program, run.arguments, {
    detached: true,
    env: { PATH: process.env["PATH"], ...run.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output = (output + chunk).slice(-keptOutput);
    });
  }
  const closed = once(child, "close");
  const ended = closed.then(() => {
    throw new Error(`${run.program} ended before it reported:\n${output}`);
  });
  const aborted = once(signal, "abort").then(() => {
    throw new Error(`${run.program} did not report in time:\n${output}`);
  });
  // Whichever loses the race is nobody's business.
  ended.catch(() => undefined);
  aborted.catch(() => undefined);
  try {
    return await Promise.race([outcome, ended, aborted]);
  } finally {
    killGroup(child);
    await closed.catch(() => undefined);
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // All of the group has ended, or the system has no groups.
    child.kill("SIGKILL");
  }
}
