import type { Io } from "./io.js";

/**
 * Runs the `blob` command and returns its exit code. It touches nothing of the process but what `io` gives, and
 * whatever it opens is closed when it returns.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const { runCommandLine } = await import("./command-line.js");
  return runCommandLine(argv, io);
}
