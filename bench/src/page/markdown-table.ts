/** As prettier writes it: the first column to the left, all others to the right, or those that are named to the left too. */
export function markdownTable(
  head: readonly string[],
  content: readonly (readonly string[])[],
  left: readonly number[] = [0],
): string {
  // A bar would begin another cell.
  const rows = content.map((cells) => cells.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((title, at) =>
    Math.max(3, title.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const isLeft = (at: number): boolean => left.includes(at);
  const line = (cells: readonly string[]): string =>
    `| ${widths
      .map((width, at) => (isLeft(at) ? (cells[at] ?? "").padEnd(width) : (cells[at] ?? "").padStart(width)))
      .join(" | ")} |`;
  const rule = widths.map((width, at) => (isLeft(at) ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(head), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}
