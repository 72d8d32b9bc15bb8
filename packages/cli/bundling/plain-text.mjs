/**
 * One character beyond Latin-1 makes V8 keep a whole file with two bytes a character, and read it more slowly: in the bundle
 * such characters are escaped. They stand in strings and patterns only, and there an escape is the same.
 *
 * @returns {import("rolldown").Plugin}
 */
export function plainText() {
  return { name: "plain-text", renderChunk: (code) => ({ code: escaped(code) }) };
}

/** @param {string} code */
function escaped(code) {
  if (/String\.raw`[^`]*[^\0-\x7F]/u.test(code)) throw new Error("A raw string cannot have escapes");
  if (/\\[^\0-\x7F]/u.test(code)) throw new Error("An escaped character cannot become an escape");
  return code.replace(/[^\0-\x7F]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
