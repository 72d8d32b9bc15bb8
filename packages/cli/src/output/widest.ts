/** The length of the longest text; 0 when there is none. `Math.max` takes no more arguments than the stack has room for. */
export function widest(texts: Iterable<string>): number {
  let width = 0;
  for (const { length } of texts) if (length > width) width = length;
  return width;
}
