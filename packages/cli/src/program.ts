import type { Option } from "commander";
import { Command } from "commander";
import type { CommandEntry, RunCommand } from "./command-line/command-declaration.js";
import { withExamples } from "./command-line/command-declaration.js";
import { addGlobalOptions } from "./command-line/global-options.js";
import type { Io } from "./io.js";
import { printableLines } from "@blob/core/text";
import type { StandardOutput } from "./output/standard-output.js";
import { version } from "./version.js";

interface Program {
  readonly program: Command;
  /** The options that the command line may have. */
  readonly options: readonly Option[];
}

/** All `commands` by name, and the one that the command line is about with its arguments and flags. */
export async function createProgram(
  commands: readonly CommandEntry[],
  argv: readonly string[],
  { io, standardOutput }: { readonly io: Pick<Io, "stderr">; readonly standardOutput: StandardOutput },
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
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError();
  addGlobalOptions(program);
  withExamples(
    program,
    "blob push ghcr.io/acme/site:v1 ./public",
    "blob cat ghcr.io/acme/site:v1 config.json",
    "blob ls oci:./layout:v1",
  );
  const name = commandNameOf(argv, program.options);
  const options = [...program.options];
  for (const entry of commands) {
    const command = addCommand(program, entry);
    if (entry.name !== name) continue;
    (await entry.load())(command, run);
    options.push(...[command, ...command.commands].flatMap((one) => one.options));
  }
  return { program, options };
}

function addCommand(program: Command, { name, summary, group, hidden = false }: CommandEntry): Command {
  return program.command(name, { hidden }).summary(summary).description(summary).helpGroup(group);
}

/** The first word that is neither a flag nor a flag's value; after `help`, the word that follows. */
function commandNameOf(argv: readonly string[], options: readonly Option[]): string | undefined {
  const withValue = new Set(options.flatMap(({ required, short, long }) => (required ? [short, long] : [])));
  const words = argv.filter(
    (argument, at) => !argument.startsWith("-") && !withValue.has(argv[at - 1] ?? ""),
  );
  return words[0] === "help" ? words[1] : words[0];
}
