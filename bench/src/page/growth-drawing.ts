import { axisLabel } from "./figures.js";
import type { GrowthResult } from "./result.js";
import { linear, logarithmic } from "./scale.js";
import type { Point } from "./svg.js";
import { colours, curve, drawing, line, text } from "./svg.js";

const [width, height] = [720, 380];
const area = { left: 64, right: 560, top: 48, bottom: 332 };
const lineHeight = 15;

/** A curve for each series, with its name at its end. Both axes are logarithmic, but for distances, which begin at 0. */
export function growthDrawing({ title, axis, unit, series }: GrowthResult): string {
  const points = series.flatMap((one) => one.points);
  const scale = axis === "milliseconds" ? linear : logarithmic;
  const across = scale(
    points.map(({ at }) => at),
    { from: area.left, to: area.right },
  );
  const up = scale(
    points.map(({ value }) => value),
    { from: area.bottom, to: area.top },
  );
  const steps = [...new Set(points.map(({ at }) => at))];
  const curves = series.map((one, index) => ({
    name: one.name,
    of: `c${String(index % colours)}`,
    points: one.points.map(({ at, value }): Point => ({ x: across.at(at), y: up.at(value) })),
  }));
  const names = spread(
    curves.flatMap(({ name, of, points: [...drawn] }) => ({ name, of, y: drawn.at(-1)?.y ?? 0 })),
  );
  return drawing(
    { width, height, title: `${unit === "/s" ? "A second" : "Seconds"}, ${title.replaceAll("`", "")}` },
    [
      ...up.ticks.map((tick) =>
        line({ x: area.left, y: up.at(tick) }, { x: area.right, y: up.at(tick) }, "grid"),
      ),
      ...up.ticks.map((tick) =>
        text({
          x: area.left - 8,
          y: up.at(tick) + 4,
          content: String(Number(tick.toPrecision(3))),
          of: "soft",
          anchor: "end",
        }),
      ),
      ...steps.map((step) =>
        text({
          x: across.at(step),
          y: area.bottom + 22,
          content: axisLabel(step, axis),
          of: "soft",
          anchor: "middle",
        }),
      ),
      ...curves.map(({ points: drawn, of }) => curve(drawn, of)),
      ...names.map(({ name, of, y }) => text({ x: area.right + 12, y: y + 4, content: name, of })),
    ],
  );
}

/** None over another: each is moved down as far as the one above it needs. */
function spread<Label extends { readonly y: number }>(labels: readonly Label[]): readonly Label[] {
  let free = Number.NEGATIVE_INFINITY;
  return labels
    .toSorted((a, b) => a.y - b.y)
    .map((label) => {
      const y = Math.max(label.y, free);
      free = y + lineHeight;
      return { ...label, y };
    });
}
