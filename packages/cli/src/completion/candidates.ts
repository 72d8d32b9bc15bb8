import type { Command, Option } from "commander";
import type { Session } from "../session/session.js";
import type { Candidate } from "./candidate.js";
import { argumentAfter, optionsOf, positionAfter } from "./position.js";
import { valuesOf } from "./values.js";
import { argumentKinds, flagKinds } from "./word-kind.js";

/** What may stand at the cursor after the finished `words`. `word` is how it begins; some of these may not begin so. */
export async function candidatesAfter(
  program: Command,
  session: Session,
  words: readonly string[],
  word: string,
): Promise<readonly Candidate[]> {
  const { command, operands, option, flagsEnded } = positionAfter(program, words);
  const [reference = ""] = operands;
  const valuesOfFlag = ({ argChoices, long = "" }: Option, text: string): Promise<readonly Candidate[]> =>
    valuesOf(session, { choices: argChoices, kind: flagKinds[long], reference, word: text });
  if (option !== undefined) return valuesOfFlag(option, word);
  if (!flagsEnded && word.startsWith("-")) {
    const [, name = "", text = ""] = /^(--[^=]+)=(.*)$/su.exec(word) ?? [];
    if (name === "") return flagNames(command);
    const flag = optionsOf(command).find((one) => one.required && one.long === name);
    const values = flag === undefined ? [] : await valuesOfFlag(flag, text);
    return values.map((one) => ({ ...one, value: `${name}=${one.value}` }));
  }
  if (command.parent === program && command.name() === "help") return helpPages(program, operands);
  const commands = operands.length === 0 ? commandNames(command) : [];
  if (commands.length > 0) return commands;
  const argument = argumentAfter(command, operands.length);
  if (argument === undefined) return [];
  return valuesOf(session, {
    choices: argument.argChoices,
    kind: argumentKinds[argument.name()],
    reference,
    word,
  });
}

/** What `blob help` may be asked about, after `words`. */
function helpPages(program: Command, words: readonly string[]): readonly Candidate[] {
  let command: Command | undefined = program;
  for (const word of words) command = command?.commands.find((one) => one.name() === word);
  const flags = { value: "flags", description: "what every command takes" };
  return [...(command === undefined ? [] : commandNames(command)), ...(words.length === 0 ? [flags] : [])];
}

function commandNames(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), description: one.summary() || one.description() }));
}

function flagNames(command: Command): readonly Candidate[] {
  const flags = optionsOf(command).flatMap(({ long, hidden, description }) =>
    long === undefined || hidden ? [] : [{ value: long, description }],
  );
  return [...flags, { value: "--help", description: "display help for command" }];
}
