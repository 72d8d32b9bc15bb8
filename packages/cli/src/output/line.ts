import { printable } from "@blob/core/text";
import type { Color } from "./color.js";
import { colored } from "./color.js";

/** A part of a line that has a colour where there are any. */
export interface ColoredText {
  readonly text: string;
  readonly color: Color;
}

/** A line of a result: text from outside is made harmless when it is written. */
export type Line = string | readonly (string | ColoredText)[];

/** @param hasColors As `hasColor` says it of where the line goes. */
export function lineText(line: Line, hasColors: boolean): string {
  if (typeof line === "string") return printable(line);
  return line
    .map((part) =>
      typeof part === "string" ? printable(part) : colored(printable(part.text), part.color, hasColors),
    )
    .join("");
}
