/**
 * What a terminal may obey, or what makes one text look like another: control characters, separators of lines, and the
 * characters that turn the direction of text or mark the order of bytes. As it stands between brackets; all of it is in
 * the Basic Multilingual Plane.
 */
const beyondAscii = String.raw`\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff`;

/** Half a pair is no character, and every encoder makes something else of it. */
const harmful = new RegExp(String.raw`[\u0000-\u001f${beyondAscii}\p{Cs}]`, "gu");

/** Neither tabs nor ends of lines, of which a carriage return may be a part. */
const harmfulInLines = new RegExp(
  String.raw`\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f${beyondAscii}\p{Cs}]`,
  "gu",
);

/** JSON escapes the others by itself, those of ASCII and halves of pairs. */
const harmfulInJson = new RegExp(`[${beyondAscii}]`, "gu");

/** What nobody can see, or would be another width than it is measured; marks that pile up over the lines above. */
const harmfulInCells = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?<=\p{M}{4})\p{M}/gu;

/**
 * Text from outside, for a line on a terminal: control characters are shown instead of obeyed, and so are the characters
 * that turn the direction of text, which could make one name look like another.
 */
export function printable(text: string): string {
  return text.replace(harmful, escaped);
}

/** The same for text of many lines, in which tabs and ends of lines are what they are. */
export function printableLines(text: string): string {
  return text.replace(harmfulInLines, escaped);
}

/**
 * The same for cells of a full screen, where what is shown has to be as wide as it is measured: characters that nobody can
 * see, and more marks on one character than any script needs, are shown as escapes, too.
 */
export function printableCells(text: string): string {
  if (/^[\x20-\x7e]*$/u.test(text)) return text;
  const shown = text.replace(harmfulInCells, escaped);
  // A mark without a character would change whatever stands before the text.
  return /^\p{M}/u.test(shown) ? `◌${shown}` : shown;
}

/** JSON text that says the same, in which nothing is left that a terminal would obey. */
export function printableJson(json: string): string {
  return json.replace(harmfulInJson, (character) => `\\u${hex(character.charCodeAt(0), 4)}`);
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code > 0xffff) return `\\u{${code.toString(16)}}`;
  return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
