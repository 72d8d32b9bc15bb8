import type { Command } from "commander";
import type { Session } from "../session/session.js";

/** Runs a command's code with a session made from the global flags. */
export type RunCommand = (code: (session: Session) => Promise<void>, options?: RunOptions) => Promise<void>;

export interface RunOptions {
  /** For commands that need no configuration or repair it: they run with defaults when it is broken. Default false. */
  readonly withoutConfig?: boolean;
}

/**
 * Declares a command's arguments, flags and examples on `command`, which has its name and summary already. Its action
 * hands `run` a function that imports the command's code: a declaration itself loads nothing but flag parsers.
 */
export type DeclareCommand = (command: Command, run: RunCommand) => void;

/** A command as the table knows it: enough for `blob --help` and for suggestions, without loading its declaration. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** The heading in `blob --help`. */
  readonly group: string;
  /** Not for people: it is in no list. */
  readonly hidden?: boolean;
  readonly load: () => Promise<DeclareCommand>;
}

/** Shows examples before everything else in a command's help: most people need no more. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  const lines = examples.map((example) => `  ${example}\n`);
  return command.addHelpText("before", `Examples:\n${lines.join("")}`);
}
