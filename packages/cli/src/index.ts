import type { Io } from "./io.js";

export { exitCodes } from "./errors/exit-code.js";
export type { Io } from "./io.js";
export { Interruption } from "./interruption.js";

/**
 * Runs the `blob` command and returns its exit code. It touches nothing of the process but what `io` gives, and
 * whatever it opens is closed when it returns. It never throws because of what the command met: an error is written to
 * `io.stderr`, and is what the exit code says, one of {@link exitCodes} or that of an {@link Interruption}.
 *
 * @param argv - The arguments, without those of Node: `["cat", "ghcr.io/acme/site:v1", "config.json"]`.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const { runCommandLine } = await import("./command-line.js");
  return runCommandLine(argv, io);
}
