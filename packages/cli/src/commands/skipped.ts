import type { SkippedFile } from "@blob/format/node";

/** More would scroll away what matters. */
const shownAtMost = 20;

/** What was left out of an archive and why, for people. */
export function skippedLines(skipped: readonly SkippedFile[]): string[] {
  const lines = skipped.slice(0, shownAtMost).map(({ path, reason }) => `skipped ${path}: ${reason}`);
  const more = skipped.length - lines.length;
  return more === 0 ? lines : [...lines, `skipped ${String(more)} more`];
}
