/**
 * Whether a pattern covers a whole value. `*` stands for any characters, or none, within a path segment; everything
 * else stands for itself. It takes time in proportion to both, whatever they are.
 */
export function matchesGlob(pattern: string, value: string): boolean {
  const patterns = pattern.split("/");
  const segments = value.split("/");
  return (
    patterns.length === segments.length &&
    patterns.every((one, index) => matchesSegment(one, segments[index] ?? ""))
  );
}

function matchesSegment(pattern: string, segment: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop();
  if (tail === undefined) return pattern === segment;
  if (!segment.startsWith(head)) return false;
  let at = head.length;
  for (const part of rest) {
    const found = segment.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return segment.length >= at + tail.length && segment.endsWith(tail);
}
