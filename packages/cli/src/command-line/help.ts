import type { Command } from "commander";
import { Help } from "commander";
import { documentationAddress } from "../version.js";

const examplesOf = new WeakMap<Command, readonly string[]>();

/** Shows examples in a command's help, right below what it does: most people need no more. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  examplesOf.set(command, examples);
  return command;
}

const own = new Help();

/**
 * Pages in this order: usage, what the command does, examples, its own flags. Those that every command takes are on a page
 * of their own, `blob help flags`.
 */
export function configureHelp(program: Command): void {
  program.configureHelp({
    commandUsage: (command) => own.commandUsage(command).replace("[options]", "[flags]"),
    commandDescription(command) {
      const examples = (examplesOf.get(command) ?? []).map((example) => `\n  ${example}`);
      const description = own.commandDescription(command);
      return examples.length === 0 ? description : `${description}\n\nExamples:${examples.join("")}`;
    },
    subcommandTerm: (command) => own.subcommandTerm(command).replace(" [options]", ""),
    visibleOptions(command) {
      const options = own.visibleOptions(command);
      const isShort = (long: string | undefined): boolean => long === "--help" || long === "--version";
      return command.parent === null ? options.filter(({ long }) => isShort(long)) : options;
    },
    styleTitle: (title) => (title === "Options:" ? "Flags:" : title),
  });
  program.addHelpText(
    "afterAll",
    `\nFlags that every command takes: blob help flags\nDocumentation: ${documentationAddress()}`,
  );
}

/** `blob help`, `blob help COMMAND…` and `blob help flags`. */
export function addHelpCommand(program: Command, group: string): void {
  program
    .helpCommand(false)
    .command("help")
    .summary("show the page of a command")
    .description("show the page of a command, or `flags`: those that every command takes")
    .argument("[command...]")
    .helpGroup(group)
    .action((words: readonly string[]) => {
      if (words.length === 1 && words[0] === "flags") return showGlobalFlags(program);
      let command = program;
      for (const word of words) {
        const below = command.commands.find((one) => one.name() === word);
        // With the error and the suggestion that the word would get as a command.
        if (below === undefined) return void command.parse([word], { from: "user" });
        command = below;
      }
      return command.outputHelp();
    });
}

function showGlobalFlags(program: Command): void {
  const output = program.configureOutput();
  const help = Object.assign(program.createHelp(), { helpWidth: output.getOutHelpWidth?.() });
  const options = program.options.filter(({ hidden, long }) => !hidden && long !== "--version");
  const width = Math.max(...options.map((option) => help.optionTerm(option).length));
  const lines = options.map((option) =>
    help.formatItem(help.optionTerm(option), width, help.optionDescription(option), help),
  );
  output.writeOut?.(`Flags that every command takes, before or after its name:\n\n${lines.join("\n")}\n`);
}
