import type { DroppedModeBits, FactsNotKept } from "@blob/format/node";

/** More would scroll away what matters. */
const shownAtMost = 20;

/** What an archive does not have of what it was made of. */
export interface LeftOutFile {
  readonly path: string;
  readonly reason: string;
}

/** What of a directory an archive does not have, and why, for people. */
export function skippedLines({
  skipped,
  modeBitsDropped,
}: {
  readonly skipped: readonly LeftOutFile[];
  readonly modeBitsDropped: readonly DroppedModeBits[];
}): string[] {
  return [
    ...firstFew(skipped, "skipped", ({ path, reason }) => `skipped ${path}: ${reason}`),
    ...firstFew(
      modeBitsDropped,
      "mode bits dropped:",
      ({ path, bits }) => `mode bits dropped: ${path}: ${bits.join(", ")}`,
    ),
  ];
}

/** What extracted files do not have although it was to be preserved. */
export function notKeptLines(notKept: readonly FactsNotKept[]): string[] {
  const prefix = "the file system did not keep:";
  return firstFew(notKept, prefix, ({ path, facts }) => `${prefix} ${facts.join(" and ")} of ${path}`);
}

function firstFew<T>(all: readonly T[], prefix: string, lineOf: (one: T) => string): string[] {
  const lines = all.slice(0, shownAtMost).map(lineOf);
  const more = all.length - lines.length;
  return more === 0 ? lines : [...lines, `${prefix} ${String(more)} more`];
}
