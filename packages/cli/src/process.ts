import { fstatSync } from "node:fs";
import { homedir } from "node:os";
import process from "node:process";
import { createFileOutput } from "./output/file-output.js";
import { Interruption } from "./interruption.js";
import type { Io } from "./io.js";
import { main } from "./main.js";

/** Runs the command in this process: its arguments, its streams, its signals, its exit code. */
export async function runProcess(): Promise<void> {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // Once: the first signal cleans up, the second one does what it does by default.
    process.once(signal, () => controller.abort(new Interruption(signal)));
  }
  // There is nobody to tell that messages cannot be written.
  process.stderr.on("error", () => undefined);
  process.exitCode = await main(process.argv.slice(2), {
    stdin: process.stdin,
    stdout: standardOutput(),
    stderr: process.stderr,
    env: process.env,
    homeDirectory: homeDirectory(),
    signal: controller.signal,
  });
}

/** Looking it up throws where `HOME` is not set and passwd does not have the user. Most commands need none. */
function homeDirectory(): string | undefined {
  try {
    return homedir() || undefined;
  } catch {
    return undefined;
  }
}

function standardOutput(): Io["stdout"] {
  const { stdout } = process;
  if (stdout.isTTY) return stdout;
  const kind = fstatSync(stdout.fd);
  return kind.isFIFO() || kind.isSocket() ? stdout : createFileOutput(stdout.fd);
}
