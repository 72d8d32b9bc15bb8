import { CommanderError } from "commander";
import { plainBooleanFlags } from "./command-line/boolean-flags.js";
import { newCircumstances } from "./errors/circumstances.js";
import { reportError } from "./errors/error-report.js";
import { hasColor } from "./output/color.js";
import { commandTable } from "./command-table.js";
import type { LoadedConfig } from "./config/config.js";
import { configPath } from "./config/config-path.js";
import { loadConfig } from "./config/load-config.js";
import { DifferentError } from "./errors/different-error.js";
import { exitCodeOf, exitCodes } from "./errors/exit-code.js";
import type { RawGlobalFlags } from "./settings/global-flags.js";
import { parseGlobalFlags } from "./settings/global-flags.js";
import type { Io } from "./io.js";
import type { OutputFormat } from "./output/output.js";
import { createProgram } from "./program.js";
import { createSession } from "./session/session.js";
import { resolveSettings } from "./settings/settings.js";
import { createStandardOutput } from "./output/standard-output.js";
import { UsageError } from "./errors/usage-error.js";

/** Parses the command line, runs the command that it names, and reports what went wrong. Returns the exit code. */
export async function runCommandLine(argv: readonly string[], io: Io): Promise<number> {
  // What is reported before the flags are read: a wrong flag is reported in the format that was asked for.
  let format: OutputFormat = argv.join(" ").match(/--output[ =]json/u) ? "json" : "text";
  const standardOutput = createStandardOutput(io);
  const circumstances = newCircumstances();
  let failure: unknown;
  try {
    const { program, options } = await createProgram(
      commandTable,
      argv,
      { io, standardOutput },
      async (code, { withoutConfig = false } = {}) => {
        const flags = parseGlobalFlags(program.opts<RawGlobalFlags>());
        const path = configPath(io, flags.config);
        const none: LoadedConfig = { file: path.file, exists: false, config: {} };
        // Before the file is read: an error in it is reported as the flags ask for.
        format = resolveSettings(flags, io, none).output.value;
        const config = withoutConfig ? none : await loadConfig(path);
        const settings = resolveSettings(flags, io, config);
        format = settings.output.value;
        circumstances.plainHttp = settings.plainHttp.value;
        const session = createSession(io, { standardOutput, circumstances, flags, settings, config });
        if (config.exists) session.output.detail(`configuration: ${config.file}`);
        try {
          await code(session);
        } finally {
          await session.close();
        }
      },
    );
    await program.parseAsync(plainBooleanFlags(argv, options), { from: "user" });
  } catch (error) {
    failure = error instanceof CommanderError ? usageErrorOf(error) : error;
  }
  // Success, and a difference that the result tells about, are only said when all of it was written.
  if (failure === undefined || failure instanceof DifferentError) {
    await standardOutput.flush().catch((error: unknown) => (failure = error));
  }
  if (failure === undefined) return exitCodes.done;
  // The result has said it all.
  if (failure instanceof DifferentError) return exitCodes.other;
  const color = hasColor(io.stderr, io.env, !argv.includes("--no-color"));
  io.stderr.write(reportError(failure, { format, color, circumstances }));
  return exitCodeOf(failure);
}

/** Commander also throws to say that it has shown help or the version: that is no error. */
function usageErrorOf(error: CommanderError): UsageError | undefined {
  if (error.exitCode === 0) return undefined;
  // Without a command commander shows the help, and says no more.
  if (error.code === "commander.help") return new UsageError("there is no command");
  return new UsageError(error.message.replace(/^error: /u, "").replaceAll("\n", " "));
}
