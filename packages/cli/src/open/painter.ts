import type { WriteStream } from "node:tty";

/** Brings rows that ink has drawn to their places on the terminal. */
export interface Painter {
  /** The terminal as ink sees it: what is written to it are the rows that were announced, one a line. */
  readonly stream: WriteStream;
  /** Says which rows of the screen ink draws next, counted from 0. */
  announce(rows: readonly number[]): void;
}

// Terminals that know it show everything between these at once.
const beginUpdate = "\u001b[?2026h";
const endUpdate = "\u001b[?2026l";

export function createPainter(terminal: WriteStream): Painter {
  let announced: readonly number[] = [];
  const paint = (drawn: string): boolean => {
    const rows = announced;
    announced = [];
    if (rows.length === 0) return true;
    const lines = drawn.split("\n");
    const painted = rows.map(
      (row, at) => `\u001b[${String(row + 1)};1H\u001b[0m${lines[at] ?? ""}\u001b[0m\u001b[K`,
    );
    return terminal.write(beginUpdate + painted.join("") + endUpdate);
  };
  const stream = new Proxy(terminal, {
    get(target, property) {
      if (property === "write") {
        return (drawn: string, done?: unknown) => {
          const isDrained = paint(drawn);
          if (typeof done === "function") process.nextTick(done);
          return isDrained;
        };
      }
      // The browser itself listens to the terminal.
      if (property === "on" || property === "off") return () => stream;
      return Reflect.get(target, property, target) as unknown;
    },
  });
  return { stream, announce: (rows) => void (announced = rows) };
}
