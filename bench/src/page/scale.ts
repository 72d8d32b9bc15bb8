/** Where a value is drawn. */
export interface Scale {
  readonly at: (value: number) => number;
  /** Round values, for lines across the drawing. */
  readonly ticks: readonly number[];
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Each step of the same length is the same factor. Ticks are powers of ten, and 2 and 5 of them where there is room. */
export function logarithmic(values: readonly number[], onto: Span): Scale {
  const least = Math.min(...values);
  const most = Math.max(...values);
  const decades = Math.log10(most / least);
  const factors = decades > 2.5 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); power += 1) {
    ticks.push(...factors.map((factor) => factor * 10 ** power));
  }
  // Up to the next ticks on both sides, so that no value touches an edge.
  const low = ticks.findLast((tick) => tick <= least) ?? least;
  const high = ticks.find((tick) => tick >= most && tick > low) ?? most;
  return {
    at: (value) => onto.from + (Math.log(value / low) / Math.log(high / low)) * (onto.to - onto.from),
    ticks: ticks.filter((tick) => tick >= low && tick <= high),
  };
}

/** From 0. */
export function linear(values: readonly number[], onto: Span): Scale {
  const most = Math.max(...values, Number.MIN_VALUE);
  const step = 10 ** Math.floor(Math.log10(most));
  const size = [0.2, 0.5, 1, 2].map((factor) => factor * step).find((one) => most / one <= 6) ?? step;
  const count = Math.ceil(most / size);
  return {
    at: (value) => onto.from + (value / (count * size)) * (onto.to - onto.from),
    ticks: Array.from({ length: count + 1 }, (_, index) => index * size),
  };
}
