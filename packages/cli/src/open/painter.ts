import type { WriteStream } from "node:tty";
import type { Line } from "./line.js";
import { rowText } from "./row-text.js";

/** Brings frames to the terminal. */
export interface Painter {
  /** Paints the rows that are not what they were. */
  show(frame: readonly Line[]): void;
  /** Empties the screen; the next frame is painted whole. */
  clear(): void;
}

// Terminals that know it show everything between these at once.
const beginUpdate = "\u001b[?2026h";
const endUpdate = "\u001b[?2026l";

export function createPainter(terminal: WriteStream, isColoured: boolean): Painter {
  let shown: readonly Line[] = [];
  return {
    show(frame) {
      const changed = frame.flatMap((line, row) =>
        isSame(line, shown[row]) ? [] : [rowAt(row, rowText(line, isColoured))],
      );
      shown = frame;
      if (changed.length > 0) terminal.write(beginUpdate + changed.join("") + endUpdate);
    },
    clear() {
      shown = [];
      terminal.write("\u001b[0m\u001b[2J\u001b[H");
    },
  };
}

/**
 * A row at its place, counted from 0. What stood there is erased first: at the end of a full row the cursor still stands
 * on its last cell, and erasing to the right from there would take that, too.
 */
function rowAt(row: number, text: string): string {
  return `\u001b[${String(row + 1)};1H\u001b[0m\u001b[K${text}\u001b[0m`;
}

function isSame(line: Line, other: Line | undefined): boolean {
  return (
    line.length === other?.length &&
    line.every(({ text, style }, at) => text === other[at]?.text && style === other[at].style)
  );
}
