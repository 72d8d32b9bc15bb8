import { fstatSync } from "node:fs";
import { homedir } from "node:os";
import process from "node:process";
import type { Option } from "commander";
import { Command, CommanderError } from "commander";
import { printableLines } from "@blob/core/text";
import { createFileOutput } from "./output/file-output.js";
import { Interruption } from "./interruption.js";
import type { Io } from "./io.js";
import { plainBooleanFlags } from "./command-line/boolean-flags.js";
import { newCircumstances } from "./errors/circumstances.js";
import { hasColor } from "./output/color.js";
import type { LoadedConfig } from "./config/config.js";
import { configPath } from "./config/config-path.js";
import { loadConfig } from "./config/load-config.js";
import { DifferentError } from "./errors/different-error.js";
import { exitCodeOf, exitCodes } from "./errors/exit-code.js";
import { flagDefaults } from "./settings/flag-defaults.js";
import type { RawGlobalFlags } from "./settings/global-flags.js";
import { parseGlobalFlags } from "./settings/global-flags.js";
import type { OutputFormat } from "./output/output.js";
import { createSession } from "./session/session.js";
import { resolveSettings } from "./settings/settings.js";
import { createStandardOutput } from "./output/standard-output.js";
import { UsageError } from "./errors/usage-error.js";
import type { CommandEntry, Program, ProgramOutput, RunCommand } from "./command-line/command-declaration.js";
import { addHelpCommand, configureHelp, withExamples } from "./command-line/help.js";
import { addGlobalOptions } from "./command-line/global-options.js";
import { version } from "./version.js";

/** Runs the command in this process: its arguments, its streams, its signals, its exit code. */
export async function runProcess(): Promise<void> {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // Once: the first signal cleans up, the second one does what it does by default.
    process.once(signal, () => controller.abort(new Interruption(signal)));
  }
  // There is nobody to tell that messages cannot be written.
  process.stderr.on("error", () => undefined);
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    stdin: process.stdin,
    stdout: processOutput(),
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

function processOutput(): Io["stdout"] {
  const { stdout } = process;
  if (stdout.isTTY) return stdout;
  const kind = fstatSync(stdout.fd);
  return kind.isFIFO() || kind.isSocket() ? stdout : createFileOutput(stdout.fd);
}

/** Parses the command line, runs the command that it names, and reports what went wrong. Returns the exit code. */
export async function runCommandLine(argv: readonly string[], io: Io): Promise<number> {
  // What is reported before the flags are read: a wrong flag is reported in the format that was asked for.
  let format: OutputFormat = argv.join(" ").match(/(?:^| )(?:--output|-o)[ =]?json\b/u) ? "json" : "text";
  const standardOutput = createStandardOutput(io);
  const circumstances = newCircumstances();
  let wantsColor = !argv.includes("--no-color");
  let failure: unknown;
  try {
    const { program, options } = await createProgram(
      argv,
      { io, standardOutput },
      async (code, { withoutConfig = false } = {}) => {
        const raw = program.opts<RawGlobalFlags>();
        const given = parseGlobalFlags(raw);
        const path = configPath(io, given.config);
        const none: LoadedConfig = { file: path.file, exists: false, config: {} };
        // Before the file is read: an error in it is reported as the flags ask for.
        format = resolveSettings(given, io, none).output.value;
        const config = withoutConfig ? none : await loadConfig(path);
        const flags = parseGlobalFlags(raw, flagDefaults(io, config.config));
        wantsColor = flags.color;
        const settings = resolveSettings(flags, io, config);
        format = settings.output.value;
        circumstances.plainHttp = settings.plainHttp.value;
        circumstances.aliases = Object.keys(config.config.aliases ?? {});
        const session = createSession(io, { standardOutput, circumstances, flags, settings, config });
        if (config.exists) session.output.detail(`configuration: ${config.file}`);
        try {
          await code(session);
          session.finish();
        } finally {
          await session.close();
        }
      },
    );
    program.hook("preAction", (_, command) => {
      circumstances.operands = command.args;
      circumstances.command = command.name();
    });
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
  const color = hasColor(io.stderr, io.env, wantsColor);
  // What there is to say about errors is only loaded for one.
  const { reportError } = await import("./errors/error-report.js");
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

const reading = "Reading:";
const other = "This command:";

/**
 * Every command, in the order of `blob --help`. A run loads the declaration of its own command only, and with it, or when it
 * runs, the code.
 */
export const commandTable: readonly CommandEntry[] = [
  ...under("Archives:", {
    push: ["archive a directory and push it", () => import("./commands/push/push.js")],
    pull: ["extract an archive, or a part of it, into a directory", () => import("./commands/pull/pull.js")],
    create: [
      "archive a directory into index.blob and data.blob in another directory",
      () => import("./commands/create/create.command.js"),
    ],
    export: [
      "write an archive as a tar or zip, or push it as an OCI image",
      () => import("./commands/export/export.js"),
    ],
    import: ["make an archive of a tar, and push it", () => import("./commands/import/import.command.js")],
  }),
  ...under(reading, {
    cp: ["copy files and directories out of archives", () => import("./commands/cp/cp.command.js")],
    cat: ["write files of an archive to standard output", () => import("./commands/cat/cat.js")],
    ls: ["list a directory of an archive", () => import("./commands/ls/ls.command.js")],
    tree: ["show the directories and files of an archive as a tree", () => import("./commands/tree/tree.js")],
    open: ["browse an archive on the whole screen", () => import("./commands/open/open.command.js")],
    inspect: ["show what an archive is, without its files", () => import("./commands/inspect/inspect.js")],
    diff: [
      "what differs between two archives, or an archive and a directory",
      () => import("./commands/diff/diff.command.js"),
    ],
    status: ["whether a directory is as an archive says", () => import("./commands/diff/diff.command.js")],
  }),
  ...under("Signatures:", {
    sign: ["sign an archive", () => import("./commands/sign/sign.js")],
    attest: ["attach a signed statement to an archive", () => import("./commands/sign/sign.js")],
    verify: ["check who signed an archive", () => import("./commands/verify/verify.command.js")],
    "verify-bundle": [
      "check a Sigstore bundle over any file",
      () => import("./commands/verify/verify.command.js"),
    ],
    keygen: ["make a pair of keys to sign with", () => import("./commands/keygen/keygen.command.js")],
  }),
  ...under(reading, {
    serve: [
      "serve an archive over HTTP, read-only, with pages to browse it",
      () => import("./commands/serve/serve.command.js"),
    ],
  }),
  ...under("Registries:", {
    tag: ["point a tag at another reference of the same repository", () => import("./commands/tag/tag.js")],
    copy: [
      "copy an archive with its signatures between registries and layouts",
      () => import("./commands/copy/copy.command.js"),
    ],
    tags: ["list the tags of a repository", () => import("./commands/tags/tags.js")],
    resolve: ["show the digest that a reference points to", () => import("./commands/resolve/resolve.js")],
    delete: ["delete a tag, or an archive with all its tags", () => import("./commands/delete/delete.js")],
    login: [
      "try a user name and password at a registry, and keep them",
      () => import("./commands/auth/auth.command.js"),
    ],
    logout: ["forget what is kept for a registry", () => import("./commands/auth/auth.command.js")],
    auth: ["which credentials registries get", () => import("./commands/auth/auth.command.js")],
    doctor: [
      "look at everything that reaching an archive depends on",
      () => import("./commands/doctor/doctor.command.js"),
    ],
    registry: [
      "a registry for development and tests",
      () => import("./commands/registry/registry.command.js"),
    ],
  }),
  ...under(other, {
    alias: ["short names for references", () => import("./commands/alias/alias.command.js")],
    cache: ["what is kept of archives that were read", () => import("./commands/cache/cache.command.js")],
    config: ["show and change settings", () => import("./commands/config/config.command.js")],
    completion: [
      "show a script that completes this command in a shell",
      () => import("./commands/completion/completion.js"),
    ],
  }),
  ...under(other, {
    complete: [
      "what may stand at the cursor of a command line",
      () => import("./commands/completion/completion.js"),
    ],
  }).map((entry) => ({ ...entry, hidden: true })),
  ...under(other, {
    version: ["show the version of this command", () => import("./commands/version/version.js")],
  }),
];

/** Commands by name, each with its summary and what declares it. */
function under(
  group: string,
  rows: Readonly<Record<string, readonly [summary: string, load: CommandEntry["load"]]>>,
): CommandEntry[] {
  return Object.entries(rows).map(([name, [summary, load]]) => ({ name, summary, group, load }));
}

/** All commands by name, and the one that the command line is about with its arguments and flags. */
export async function createProgram(
  argv: readonly string[],
  { io, standardOutput }: ProgramOutput,
  run: RunCommand,
): Promise<Program> {
  const program = new Command("blob")
    .description("Archives of files in OCI registries: push directories, read single files lazily.")
    .version(version(), "--version", "show the number of this version")
    .exitOverride()
    .configureOutput({
      // What goes wrong is remembered, and reported when everything is flushed.
      writeOut: (text) => void standardOutput.write(text).catch(() => undefined),
      // Errors are reported by the caller, in the format that was asked for.
      writeErr: (text) => void (text.startsWith("error:") || io.stderr.write(printableLines(text))),
    })
    .showSuggestionAfterError();
  addGlobalOptions(program);
  configureHelp(program);
  withExamples(
    program,
    "blob push ghcr.io/acme/site:v1 ./public",
    "blob cat ghcr.io/acme/site:v1 config.json",
    "blob ls oci:./layout:v1",
  );
  const name = commandNameOf(argv, program.options);
  const options = [...program.options];
  for (const entry of commandTable) {
    const command = addCommand(program, entry);
    if (entry.name !== name) continue;
    const declare = (await entry.load()).declarations[name];
    if (declare === undefined) throw new TypeError(`Nobody declares ${name}`);
    declare(command, run, createProgram);
    for (const one of [command, ...command.commands]) {
      one.exitOverride((error) => {
        throw withArgumentCount(one, error);
      });
    }
    options.push(...[command, ...command.commands].flatMap((one) => one.options));
  }
  addHelpCommand(program, other);
  const output = program.options.find(({ long }) => long === "--output");
  // `blob export` has an -o of its own.
  if (output !== undefined && !options.some(({ short }) => short === "-o")) output.short = "-o";
  return { program, options };
}

function addCommand(program: Command, { name, summary, group, hidden = false }: CommandEntry): Command {
  return program.command(name, { hidden }).summary(summary).description(summary).helpGroup(group);
}

/** A wrong number of arguments, with the right one. */
function withArgumentCount(command: Command, error: CommanderError): CommanderError {
  if (!["commander.missingArgument", "commander.excessArguments"].includes(error.code)) return error;
  const declared = command.registeredArguments;
  const least = declared.filter(({ required }) => required).length;
  const most = declared.some(({ variadic }) => variadic) ? undefined : declared.length;
  const names = declared.map((one) => one.name()).join(", ");
  const count =
    most === undefined
      ? `${String(least)} or more`
      : least === most
        ? String(least)
        : `${String(least)} to ${String(most)}`;
  return new CommanderError(
    error.exitCode,
    error.code,
    `${error.message}: it accepts ${count} arg${most === 1 ? "" : "s"}${names === "" ? "" : ` (${names})`}`,
  );
}

/** The first word that is neither a flag nor a flag's value; after `help`, the word that follows. */
function commandNameOf(argv: readonly string[], options: readonly Option[]): string | undefined {
  const withValue = new Set([
    "-o",
    ...options.flatMap(({ required, short, long }) => (required ? [short, long] : [])),
  ]);
  const words = argv.filter(
    (argument, at) => !argument.startsWith("-") && !withValue.has(argv[at - 1] ?? ""),
  );
  return words[0] === "help" ? words[1] : words[0];
}
