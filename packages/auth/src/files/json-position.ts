/** A place in a text, for people: both count from 1, columns in UTF-16 units. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

type Expected = "value" | "value or ]" | "key" | "key or }" | "colon" | "comma or close" | "end";

const whitespace = /[ \t\n\r]*/y;
const string = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const scalar = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;

/**
 * Where a text stops being JSON (RFC 8259), or undefined where it is. `JSON.parse` would tell the position
 * only sometimes, and quotes the text around it, which in a file with credentials may be a password.
 */
export function findJsonError(text: string): TextPosition | undefined {
  const offset = errorOffset(text);
  if (offset === undefined) return undefined;
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

function errorOffset(text: string): number | undefined {
  /** What closes the objects and arrays that are open. Not recursive: nesting costs no stack. */
  const closers: ("}" | "]")[] = [];
  let expected: Expected = "value";
  let at = 0;

  function take(pattern: RegExp): boolean {
    pattern.lastIndex = at;
    const found = pattern.test(text);
    if (found) at = pattern.lastIndex;
    return found;
  }

  function afterValue(): Expected {
    return closers.length === 0 ? "end" : "comma or close";
  }

  for (;;) {
    take(whitespace);
    const char = text[at];
    if (expected === "end") return char === undefined ? undefined : at;
    if (char === undefined) return at;
    const mayClose = expected === "comma or close" || expected === "value or ]" || expected === "key or }";
    if (mayClose && char === closers.at(-1)) {
      closers.pop();
      at += 1;
      expected = afterValue();
    } else if (expected === "colon" || expected === "comma or close") {
      if (char !== (expected === "colon" ? ":" : ",")) return at;
      at += 1;
      expected = expected === "comma or close" && closers.at(-1) === "}" ? "key" : "value";
    } else if (expected === "key" || expected === "key or }") {
      if (!take(string)) return at;
      expected = "colon";
    } else if (char === "{" || char === "[") {
      closers.push(char === "{" ? "}" : "]");
      at += 1;
      expected = char === "{" ? "key or }" : "value or ]";
    } else {
      if (!take(string) && !take(scalar)) return at;
      expected = afterValue();
    }
  }
}
