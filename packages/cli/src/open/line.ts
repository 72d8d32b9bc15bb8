import stringWidth from "string-width";

/** What a piece of text means; the view knows how that looks. */
export type Style =
  | "plain"
  | "bar"
  | "dim"
  | "strong"
  | "directory"
  | "selected"
  | "selectedElsewhere"
  | "match"
  | "error"
  | "keyword"
  | "string"
  | "comment"
  | "number"
  | "name";

export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** A row of the screen, or a part of one. Its text has no control characters. */
export type Line = readonly Span[];

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/u.test(text);

/** How many cells of a terminal text takes. */
export function cellWidth(text: string): number {
  return isAscii(text) ? text.length : stringWidth(text);
}

export function lineWidth(line: Line): number {
  return line.reduce((width, { text }) => width + cellWidth(text), 0);
}

/**
 * The part of a line that begins at a cell, no wider than asked for. An ellipsis stands where it was cut. Costs what is
 * shown and skipped, not the rest of the line.
 */
export function cutLine(line: Line, width: number, from = 0): Line {
  const cut: Span[] = [];
  let skip = from;
  let left = width;
  for (const [at, { text, style }] of line.entries()) {
    if (isAscii(text)) {
      const rest = text.slice(skip);
      skip = Math.max(0, skip - text.length);
      if (rest.length > left) return withEllipsis(cut, rest.slice(0, left), style, width);
      if (rest !== "") cut.push({ text: rest, style });
      left -= rest.length;
    } else {
      let taken = "";
      for (const { segment } of graphemes.segment(text)) {
        const cells = stringWidth(segment);
        if (skip > 0) {
          skip -= cells;
          // The second half of a wide character that begins before the part.
          if (skip < 0) taken += " ".repeat(-skip);
          left += Math.min(skip, 0);
          skip = Math.max(skip, 0);
        } else if (cells > left) {
          return withEllipsis(cut, taken, style, width);
        } else {
          taken += segment;
          left -= cells;
        }
      }
      if (taken !== "") cut.push({ text: taken, style });
    }
    if (left <= 0 && line.slice(at + 1).some(({ text: more }) => more !== "")) {
      return withEllipsis(cut.slice(0, -1), cut.at(-1)?.text ?? "", style, width);
    }
  }
  return cut;
}

/** Replaces the last cell by an ellipsis. */
function withEllipsis(before: readonly Span[], last: string, style: Style, width: number): Line {
  if (width < 1) return [];
  const all = [...before, { text: last, style }];
  const kept: Span[] = [];
  let left = width - 1;
  for (const span of all) {
    let taken = "";
    for (const { segment } of graphemes.segment(span.text)) {
      const cells = cellWidth(segment);
      if (cells > left) {
        left = 0;
        break;
      }
      taken += segment;
      left -= cells;
    }
    if (taken !== "") kept.push({ text: taken, style: span.style });
  }
  return [...kept, { text: "…", style }];
}

/** A line that is exactly as wide as asked for. */
export function fillLine(line: Line, width: number, style: Style = "plain"): Line {
  const cut = cutLine(line, width);
  const missing = width - lineWidth(cut);
  return missing > 0 ? [...cut, { text: " ".repeat(missing), style }] : cut;
}

/** Two lines with a gap between them, as wide as asked for; the left one is cut. */
export function spreadLine(left: Line, right: Line, width: number, style: Style = "plain"): Line {
  const wanted = lineWidth(right);
  return wanted + 2 > width
    ? fillLine(left, width, style)
    : [...fillLine(left, width - wanted, style), ...right];
}
