import { CommanderError } from "commander";
import { plainBooleanFlags } from "./boolean-flags.js";
import { reportError } from "./error-report.js";
import { exitCodeOf, exitCodes } from "./exit-code.js";
import type { RawGlobalFlags } from "./global-flags.js";
import { parseGlobalFlags } from "./global-flags.js";
import type { Io } from "./io.js";
import type { OutputFormat } from "./output.js";
import { createProgram } from "./program.js";
import { createSession } from "./session.js";
import { UsageError } from "./usage-error.js";

/**
 * Runs the `blob` command and returns its exit code. It touches nothing of the process but what `io` gives, and
 * whatever it opens is closed when it returns.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  // What is reported before the flags are read: a wrong flag is reported in the format that was asked for.
  let format: OutputFormat = argv.join(" ").match(/--output[ =]json/u) ? "json" : "text";
  const program = createProgram(io, async (raw: RawGlobalFlags, command) => {
    const flags = parseGlobalFlags(raw, io.env);
    format = flags.output;
    const session = createSession(io, flags);
    try {
      await command(session);
    } finally {
      await session.close();
    }
  });
  try {
    await program.parseAsync(plainBooleanFlags(argv), { from: "user" });
    return exitCodes.done;
  } catch (error) {
    const shown = error instanceof CommanderError ? usageErrorOf(error) : error;
    if (shown === undefined) return exitCodes.done;
    io.stderr.write(reportError(shown, format));
    return exitCodeOf(shown);
  }
}

/** Commander also throws to say that it has shown help or the version: that is no error. */
function usageErrorOf(error: CommanderError): UsageError | undefined {
  if (error.exitCode === 0) return undefined;
  // Without a command commander shows the help, and says no more.
  if (error.code === "commander.help") return new UsageError("there is no command");
  return new UsageError(error.message.replace(/^error: /u, "").replaceAll("\n", " "));
}
