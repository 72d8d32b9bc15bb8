import type { Command, Option } from "commander";
import type { Io } from "../io.js";
import type { StandardOutput } from "../output/standard-output.js";
import type { Session } from "../session/session.js";

/** Runs a command's code with a session made from the global flags. */
export type RunCommand = (code: (session: Session) => Promise<void>, options?: RunOptions) => Promise<void>;

export interface RunOptions {
  /** For commands that need no configuration or repair it: they run with defaults when it is broken. Default false. */
  readonly withoutConfig?: boolean;
}

/**
 * Declares a command's arguments, flags and examples on `command`, which has its name and summary already. Its action
 * hands `run` a function with the command's code, which stands below the declaration, unless it begins with loading a library
 * (`@blob/…`, YAML): then it is a file of its own that the action imports, so that help and completion do without.
 */
export type DeclareCommand = (command: Command, run: RunCommand, createProgram: CreateProgram) => void;

/** What a module of a command has, by the names of the commands. */
export type Declarations = Readonly<Record<string, DeclareCommand>>;

/** Makes the program that a line is about: for the command that completes lines. */
export type CreateProgram = (
  argv: readonly string[],
  output: ProgramOutput,
  run: RunCommand,
) => Promise<Program>;

/** Where help goes. */
export interface ProgramOutput {
  readonly io: Pick<Io, "stderr">;
  readonly standardOutput: StandardOutput;
}

export interface Program {
  readonly program: Command;
  /** The options that the command line may have. */
  readonly options: readonly Option[];
}

/** A command as the table knows it: enough for `blob --help` and for suggestions, without loading its declaration. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** The heading in `blob --help`. */
  readonly group: string;
  /** Not for people: it is in no list. */
  readonly hidden?: boolean;
  readonly load: () => Promise<{ readonly declarations: Declarations }>;
}
