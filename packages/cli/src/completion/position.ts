import type { Argument, Command, Option } from "commander";

/** Where in a command line the next word stands. */
export interface Position {
  /** The command, or the sub-command, that the words named. */
  readonly command: Command;
  /** Arguments that the command has already, without flags. */
  readonly operands: readonly string[];
  /** The flag whose value comes next. */
  readonly option: Option | undefined;
  /** After `--` nothing is a flag. */
  readonly flagsEnded: boolean;
}

/** Follows the finished words of a command line, without the command's own name, through the commands. */
export function positionAfter(program: Command, words: readonly string[]): Position {
  let command = program;
  let option: Option | undefined;
  let flagsEnded = false;
  const operands: string[] = [];
  for (const word of words) {
    if (option !== undefined) {
      option = undefined;
    } else if (!flagsEnded && word === "--") {
      flagsEnded = true;
    } else if (!flagsEnded && word.startsWith("-") && word !== "-") {
      option = optionsOf(command).find((one) => one.required && (one.long === word || one.short === word));
    } else {
      const below = operands.length === 0 ? command.commands.find((one) => one.name() === word) : undefined;
      if (below === undefined) operands.push(word);
      else command = below;
    }
  }
  return { command, operands, option, flagsEnded };
}

/** The flags that may stand after a command: its own, and those of every command. */
export function optionsOf(command: Command): readonly Option[] {
  return [...command.options, ...(command.parent === null ? [] : optionsOf(command.parent))];
}

/** The argument that comes after `count` others; the last one may take many words. */
export function argumentAfter(command: Command, count: number): Argument | undefined {
  const last = command.registeredArguments.at(-1);
  return command.registeredArguments[count] ?? (last?.variadic === true ? last : undefined);
}
