/**
 * Compares two strings by their UTF-8 bytes, without encoding them: negative, zero or positive. This is the order of
 * archives; JavaScript's own order differs for characters above U+FFFF. Both strings must be well-formed.
 */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return byteRank(x) - byteRank(y);
  }
  return a.length - b.length;
}

/**
 * UTF-16 and UTF-8 order code points alike but for one thing: surrogates (U+D800..DFFF, characters above U+FFFF) come
 * before U+E000..FFFF as code units and after them as bytes.
 */
function byteRank(codeUnit: number): number {
  if (codeUnit < 0xd800) return codeUnit;
  return codeUnit < 0xe000 ? codeUnit + 0x2000 : codeUnit - 0x800;
}

/**
 * Sorts strings into the order of {@link comparePaths}. That is JavaScript's own, which the engine sorts by itself, but for
 * characters that few names have: so it is looked at what that gives.
 */
export function sortPaths(paths: string[]): void {
  paths.sort();
  for (let at = 1; at < paths.length; at++) {
    if (comparePaths(paths[at - 1] ?? "", paths[at] ?? "") > 0) {
      paths.sort(comparePaths);
      return;
    }
  }
}
