import process from "node:process";
import { parseArgs } from "node:util";

export interface CommandLine {
  /** Names of rows and growth, or beginnings of names. Empty: all. */
  readonly names: readonly string[];
  readonly runs: number;
  readonly quick: boolean;
  readonly full: boolean;
  readonly list: boolean;
  readonly json: string | undefined;
  readonly svg: string | undefined;
  readonly megabytes: number;
}

export const usage = `pnpm bench [NAME…]     measures all rows and growth, or those whose names begin so
pnpm bench chunks      what chunks of large files cost and save; needs 12 GiB of memory
pnpm bench page        makes docs/performance.md of docs/performance/run.json

  --rows NAME          the same as NAME; may be repeated, and have several with commas between
  --runs N             of each row, alternating; its median counts (default: 5, with --quick 1)
  --quick              small corpora
  --full               also with one file of 6 GiB; needs 20 GiB of memory
  --json FILE          writes what was measured, for the page; of page: reads it from there
  --svg DIR            writes drawings
  --list               says which rows and growth there are
  --megabytes N        of chunks: the size of the file that is extracted (default: 4096)

Environment: BLOB_GO=/path/to/blob compares with the Go command.`;

/** What was asked for. Undefined when that is help. Throws for what it does not know. */
export function parseCommandLine(args: readonly string[]): CommandLine | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      rows: { type: "string", multiple: true, default: [] },
      runs: { type: "string" },
      quick: { type: "boolean", default: false },
      full: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      json: { type: "string" },
      svg: { type: "string" },
      megabytes: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
    allowPositionals: true,
  });
  if (values.help) return undefined;
  const { quick } = values;
  return {
    names: [...positionals, ...values.rows.flatMap((one) => one.split(","))].filter((name) => name !== ""),
    runs: positive("--runs", values.runs) ?? (quick ? 1 : 5),
    quick,
    full: values.full,
    list: values.list,
    json: values.json,
    svg: values.svg,
    megabytes: positive("--megabytes", values.megabytes) ?? (quick ? 128 : 4096),
  };
}

/** Those that were asked for. Throws for a name that is the beginning of none. */
export function selectByName<Named extends { readonly name: string }>(
  all: readonly Named[],
  names: readonly string[],
): readonly Named[] {
  const unknown = names.find((name) => all.every((one) => !one.name.startsWith(name)));
  if (unknown !== undefined) throw new Error(`there is no "${unknown}": --list says what there is`);
  return names.length === 0 ? all : all.filter((one) => names.some((name) => one.name.startsWith(name)));
}

function positive(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9]\d*$/u.test(value)) throw new Error(`${option} takes a number from 1 on, and not "${value}"`);
  return Number(value);
}

export const goCommand: string | undefined = process.env["BLOB_GO"] || undefined;
