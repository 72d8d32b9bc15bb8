import type { Io } from "./io.js";
import { version } from "./version.js";

/**
 * Runs the `blob` command and returns its exit code. It touches nothing of the process but what `io` gives, and
 * whatever it opens is closed when it returns.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  // Scripts and prompts ask for it often, and it needs nothing else of the command.
  if (argv.length === 1 && argv[0] === "--version") {
    io.stdout.write(`${version()}\n`);
    return 0;
  }
  const { runCommandLine } = await import("./command-line.js");
  return runCommandLine(argv, io);
}
