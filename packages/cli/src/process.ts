import { homedir } from "node:os";
import process from "node:process";
import { Interruption } from "./interruption.js";
import { main } from "./main.js";

/** Runs the command in this process: its arguments, its streams, its signals, its exit code. */
export async function runProcess(): Promise<void> {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // Once: the first signal cleans up, the second one does what it does by default.
    process.once(signal, () => controller.abort(new Interruption(signal)));
  }
  // Whoever reads our output may leave early (`blob cat … | head`): writes fail, and the command ends quietly.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  process.exitCode = await main(process.argv.slice(2), {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    homeDirectory: homedir(),
    signal: controller.signal,
  });
}
