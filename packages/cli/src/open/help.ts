import type { Line } from "./line.js";

const keys: readonly (readonly [keys: string, what: string])[] = [
  ["↑ ↓  k j", "move; in the preview: scroll"],
  ["← →  h l", "close or open a directory; scroll sideways"],
  ["PgUp PgDn", "a page up or down"],
  ["Home End  g G", "to the beginning or the end"],
  ["Enter", "open or close a directory; preview a file"],
  ["Tab", "between tree and preview"],
  ["/", "search names; with a slash in it, paths"],
  ["n N", "next and previous match"],
  ["s", "save the file or directory to disk"],
  ["y", "copy the path"],
  ["r", "read the preview again"],
  ["Esc", "back; forget the search"],
  ["q", "quit"],
];

/** The keys and what they do. */
export function helpLines(width: number): readonly Line[] {
  const column = width < 60 ? 14 : 18;
  return keys.map(([key, what]) => [
    { text: ` ${key.padEnd(column)}`, style: "strong" },
    { text: what, style: "plain" },
  ]);
}
