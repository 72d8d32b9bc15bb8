import process from "node:process";
import type { WriteStream } from "node:tty";
import type { render } from "ink";
import type { Line } from "./line.js";
import { createPainter } from "./painter.js";
import type { rowElements } from "./row-elements.js";

/** What draws the browser. */
export interface Drawing {
  /** Draws the rows that are not what they were. */
  show(frame: readonly Line[]): void;
  /** Empties the screen; the next frame is drawn whole. */
  clear(): void;
  close(): void;
  /** Rejects when drawing failed. */
  readonly ended: Promise<void>;
}

/**
 * Starts to draw. Loads ink and React, which takes a moment. Ink spends about a third of a millisecond on a row, changed
 * or not: it is given the changed ones only.
 */
export async function draw(terminal: WriteStream, isColoured: boolean): Promise<Drawing> {
  const loaded = await loadForUse();
  const painter = createPainter(terminal);
  const instance = loaded.render(loaded.rowElements([], isColoured), {
    stdout: painter.stream,
    // What ink calls debugging: it writes what it has drawn at once, and leaves it to the painter where that goes.
    // Otherwise it clears the terminal for a frame as high as that, and the lines above it with it.
    debug: true,
    exitOnCtrlC: false,
    patchConsole: false,
    isScreenReaderEnabled: false,
  });
  let shown: readonly Line[] = [];
  return {
    show(frame) {
      const changed = frame.flatMap((line, row) => (isSame(line, shown[row]) ? [] : [{ line, row }]));
      shown = frame;
      if (changed.length === 0) return;
      painter.announce(changed.map(({ row }) => row));
      instance.rerender(
        loaded.rowElements(
          changed.map(({ line }) => line),
          isColoured,
        ),
      );
    },
    clear() {
      shown = [];
      terminal.write("\u001b[0m\u001b[2J\u001b[H");
    },
    close: () => instance.unmount(),
    ended: instance.waitUntilExit().then(() => undefined),
  };
}

function isSame(line: Line, other: Line | undefined): boolean {
  return (
    line.length === other?.length &&
    line.every(({ text, style }, at) => text === other[at]?.text && style === other[at].style)
  );
}

/** React looks at the environment when it is loaded: what it loads by default is for those who develop with it. */
async function loadForUse(): Promise<{ render: typeof render; rowElements: typeof rowElements }> {
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    const [ink, rows] = await Promise.all([import("ink"), import("./row-elements.js")]);
    return { render: ink.render, rowElements: rows.rowElements };
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  }
}
