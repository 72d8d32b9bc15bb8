import type { RowResult } from "./result.js";
import { logarithmic } from "./scale.js";
import { bar, drawing, line, text } from "./svg.js";
import { verdictsOf } from "./verdict.js";

const width = 840;
const area = { left: 400, right: 700, top: 64 };
const rowHeight = 24;

/** A bar for each goal that was measured: how far from it, with the goal as the line that bars of missed ones cross. */
export function goalDrawing(rows: readonly RowResult[]): string {
  const bars = rows.flatMap((row) =>
    verdictsOf(row).flatMap(({ goal, figure, isMet, share }) =>
      share === undefined || isMet === undefined
        ? []
        : { title: plain(row.title), goal, figure, isMet, share },
    ),
  );
  const bottom = area.top + bars.length * rowHeight;
  const scale = logarithmic([0.5, 2, ...bars.map(({ share }) => share)], { from: area.left, to: area.right });
  return drawing({ width, height: bottom + 40, title: "Figures as a share of their goals" }, [
    ...scale.ticks.map((tick) =>
      line({ x: scale.at(tick), y: area.top - 8 }, { x: scale.at(tick), y: bottom }, "grid"),
    ),
    ...scale.ticks.map((tick) =>
      text({ x: scale.at(tick), y: bottom + 18, content: String(tick), of: "soft", anchor: "middle" }),
    ),
    ...bars.flatMap(({ title, goal, figure, isMet, share }, index) => {
      const top = area.top + index * rowHeight;
      const middle = top + rowHeight / 2 + 4;
      return [
        text({ x: area.left - 8, y: middle, content: `${title}: ${goal}`, anchor: "end" }),
        bar(
          { x: area.left, y: top + 5 },
          { width: Math.max(1, scale.at(share) - area.left), height: rowHeight - 10 },
          isMet ? "c0" : "c1",
        ),
        text({ x: area.right + 12, y: middle, content: figure, of: isMet ? "c0" : "c1" }),
      ];
    }),
    line({ x: scale.at(1), y: area.top - 8 }, { x: scale.at(1), y: bottom }, "goal"),
    text({ x: scale.at(1), y: area.top - 14, content: "goal", anchor: "middle" }),
  ]);
}

/** Of Markdown only code has marks in titles. */
function plain(title: string): string {
  return title.replaceAll("`", "");
}
