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

/** Insertions, deletions, replacements and swaps of neighbours that lead from one to the other; at most `bound`. */
function editDistance(one: string, other: string, bound: number): number {
  if (Math.abs(one.length - other.length) >= bound) return bound;
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]) {
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(cost);
    }
    if (Math.min(...current) >= bound) return bound;
    beforeLast = last;
    last = current;
  }
  return Math.min(last[other.length] ?? bound, bound);
}
