import { printable } from "@blob/core/text";

/** A word that a shell may put at the cursor. */
export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** More are too many to look through, and shells get slow. */
const maxCandidates = 2000;

/**
 * Those that begin with `word`, in order and without control characters: a terminal must not obey a name, and a shell
 * reads one a line. Of very many the first and the last, so that what all of them begin with stays the same.
 */
export function candidatesFor(word: string, candidates: Iterable<Candidate>): readonly Candidate[] {
  const matching = [...candidates]
    .filter(({ value }) => value.startsWith(word) && printable(value) === value)
    .toSorted((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  return matching.length <= maxCandidates
    ? matching
    : [...matching.slice(0, maxCandidates - 1), ...matching.slice(-1)];
}
