import { styleText } from "node:util";
import type { Line, Style } from "./line.js";

type Format = Extract<Parameters<typeof styleText>[0], readonly unknown[]>[number];

interface Look {
  /** Seen without colours, too: with NO_COLOR what has a meaning is still told apart. */
  readonly emphasis?: readonly Format[];
  readonly color?: Format;
}

const looks: Readonly<Record<Style, Look>> = {
  plain: {},
  bar: { emphasis: ["inverse"] },
  dim: { emphasis: ["dim"] },
  strong: { emphasis: ["bold"] },
  directory: { emphasis: ["bold"], color: "blue" },
  selected: { emphasis: ["inverse"] },
  selectedElsewhere: { emphasis: ["bold", "underline"] },
  match: { emphasis: ["bold"], color: "yellow" },
  error: { color: "red" },
  keyword: { color: "magenta" },
  string: { color: "green" },
  comment: { emphasis: ["dim"] },
  number: { color: "cyan" },
  name: { color: "blue" },
};

/** A row of the screen as the terminal is told it. It ends with the look that it began with. */
export function rowText(line: Line, isColoured: boolean): string {
  return line.map(({ text, style }) => lookOf(text, looks[style], isColoured)).join("");
}

function lookOf(text: string, { emphasis = [], color }: Look, isColoured: boolean): string {
  const formats = isColoured && color !== undefined ? [...emphasis, color] : [...emphasis];
  // Whether there are colours is decided already, and not by what the environment says about standard output.
  return formats.length === 0 || text === "" ? text : styleText(formats, text, { validateStream: false });
}
