/** A drawing that is read by itself, light or dark as whoever looks at it prefers. */
export function drawing(
  { width, height, title }: { readonly width: number; readonly height: number; readonly title: string },
  elements: readonly string[],
): string {
  const size = `width="${String(width)}" height="${String(height)}" viewBox="0 0 ${String(width)} ${String(height)}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style>`,
    `<rect class="paper" width="${String(width)}" height="${String(height)}"/>`,
    text({ x: 16, y: 26, content: title, of: "title" }),
    ...elements,
    "</svg>",
    "",
  ].join("\n");
}

export function line(from: Point, to: Point, of: string): string {
  return `<line class="${of}" x1="${at(from.x)}" y1="${at(from.y)}" x2="${at(to.x)}" y2="${at(to.y)}"/>`;
}

export function curve(points: readonly Point[], of: string): string {
  const dots = points.map(({ x, y }) => `<circle class="dot ${of}" cx="${at(x)}" cy="${at(y)}" r="3"/>`);
  const path = points.map(({ x, y }) => `${at(x)},${at(y)}`).join(" ");
  return [`<polyline class="curve ${of}" points="${path}"/>`, ...dots].join("\n");
}

export function bar(
  from: Point,
  size: { readonly width: number; readonly height: number },
  of: string,
): string {
  return `<rect class="bar ${of}" x="${at(from.x)}" y="${at(from.y)}" width="${at(size.width)}" height="${at(size.height)}"/>`;
}

export function text({
  x,
  y,
  content,
  of = "",
  anchor = "start",
}: Point & {
  readonly content: string;
  readonly of?: string;
  readonly anchor?: "start" | "middle" | "end";
}): string {
  return `<text class="${of}" x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Told apart by people who see fewer colours, too; `c0` to `c5`. */
export const colours = 6;

const light = ["#0072b2", "#d55e00", "#00805c", "#a8387f", "#8a6200", "#59636e"];
const dark = ["#56b4e9", "#ff9a4d", "#3ddca8", "#f0a0d0", "#f0c541", "#a9b3bd"];

const style = [
  "text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:600}.soft{fill:#59636e}",
  ".paper{fill:#fff}.grid{stroke:#d8dee4}.goal{stroke:#1f2328;stroke-dasharray:4 3}.curve{fill:none;stroke-width:2}",
  colourRules(light),
  "@media(prefers-color-scheme:dark){",
  "text{fill:#e6edf3}.soft{fill:#a9b3bd}.paper{fill:#0d1117}.grid{stroke:#30363d}.goal{stroke:#e6edf3}",
  colourRules(dark),
  "}",
].join("");

function colourRules(palette: readonly string[]): string {
  return palette
    .map(
      (colour, index) =>
        `.curve.c${String(index)}{stroke:${colour}}.dot.c${String(index)},.bar.c${String(index)},` +
        `text.c${String(index)}{fill:${colour}}`,
    )
    .join("");
}

/** A tenth of a pixel is finer than anybody sees, and keeps files small and alike. */
function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
