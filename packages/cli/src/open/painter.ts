import type { WriteStream } from "node:tty";

/** Brings frames to the terminal: each row that is not what it was, at its place. */
export interface Painter {
  /** The terminal as ink sees it: what is written to it is a whole frame. */
  readonly stream: WriteStream;
  /** Empties the screen; the next frame is painted whole. */
  clear(): void;
}

// Terminals that know it show everything between these at once.
const beginUpdate = "\u001b[?2026h";
const endUpdate = "\u001b[?2026l";

export function createPainter(terminal: WriteStream): Painter {
  let painted: readonly string[] = [];
  const paint = (frame: string): boolean => {
    const rows = frame.split("\n").slice(0, terminal.rows);
    const changes: string[] = [];
    for (let row = 0; row < Math.max(rows.length, painted.length); row += 1) {
      const text = rows[row] ?? "";
      if (text !== painted[row])
        changes.push(`\u001b[${String(row + 1)};1H\u001b[0m${text}\u001b[0m\u001b[K`);
    }
    painted = rows;
    return changes.length === 0 || terminal.write(beginUpdate + changes.join("") + endUpdate);
  };
  const stream = new Proxy(terminal, {
    get(target, property) {
      if (property === "write") {
        return (frame: string, done?: unknown) => {
          const isDrained = paint(frame);
          if (typeof done === "function") process.nextTick(done);
          return isDrained;
        };
      }
      // The browser itself listens to the terminal.
      if (property === "on" || property === "off") return () => stream;
      return Reflect.get(target, property, target) as unknown;
    },
  });
  return {
    stream,
    clear() {
      painted = [];
      terminal.write("\u001b[0m\u001b[2J\u001b[H");
    },
  };
}
