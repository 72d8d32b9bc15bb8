/** Of `names` the one that is most like `name`, when it is like enough to be what somebody meant. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  // One slip in a short name, two in a longer one, three in a long one.
  let bound = Math.min(3, Math.ceil(name.length / 4)) + 1;
  let best: string | undefined;
  for (const other of names) {
    const distance = editDistance(name, other, bound);
    if (distance < bound) {
      bound = distance;
      best = other;
    }
  }
  return best;
}

/**
 * Insertions, deletions, replacements and swaps of neighbours that lead from one to the other; at most `bound`. Only what
 * lies within `bound` of the diagonal is looked at: whatever is further off is worse.
 */
function editDistance(one: string, other: string, bound: number): number {
  if (Math.abs(one.length - other.length) >= bound) return bound;
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  let spare: number[] = [];
  for (let row = 1; row <= one.length; row += 1) {
    const current = spare;
    const from = Math.max(1, row - bound);
    const to = Math.min(other.length, row + bound);
    current[from - 1] = from === 1 ? row : bound;
    let least = from === 1 ? row : bound;
    for (let column = from; column <= to; column += 1) {
      const same = one[row - 1] === other[column - 1];
      let cost = Math.min(
        (last[column] ?? bound) + 1,
        (current[column - 1] ?? bound) + 1,
        (last[column - 1] ?? bound) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]) {
        cost = Math.min(cost, (beforeLast[column - 2] ?? bound) + 1);
      }
      current[column] = cost;
      least = Math.min(least, cost);
    }
    // The next row reaches one column further.
    current[to + 1] = bound;
    if (least >= bound) return bound;
    spare = beforeLast;
    beforeLast = last;
    last = current;
  }
  return Math.min(last[other.length] ?? bound, bound);
}
