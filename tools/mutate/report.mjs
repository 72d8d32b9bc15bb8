// `docs/mutation.md`: one row for each file, as it was when the file was last hunted through.

const head = `# Mutation runs

What \`pnpm mutate\` found when it last went through each file: so many small changes were made, so many of them failed a
test, and the others are in \`tools/mutate/accepted.json\` with the reason why no test could notice them.
Commits are named as they were when it ran: some have been put together since.

| file | mutants | killed | accepted | date | commit |
| --- | --- | --- | --- | --- | --- |
`;

/**
 * @param {string} file
 * @param {{ readonly mutants: number, readonly killed: number, readonly accepted: number }} counts
 * @param {string} commit
 */
export function rowOf(file, { mutants, killed, accepted }, commit) {
  const date = new Date().toISOString().slice(0, 10);
  return `| ${[`\`${file}\``, mutants, killed, accepted, date, commit].join(" | ")} |`;
}

/** @param {string} report @param {string} row */
export function withRow(report, row) {
  const file = fileOf(row);
  const others = report.split("\n").filter((line) => line.startsWith("| `") && fileOf(line) !== file);
  return `${head}${[...others, row].toSorted().join("\n")}\n`;
}

/** @param {string} row */
function fileOf(row) {
  return /`([^`]+)`/.exec(row)?.[1];
}
