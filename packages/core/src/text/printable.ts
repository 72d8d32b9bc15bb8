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

/** JSON text that says the same, in which nothing is left that a terminal would obey. */
export function printableJson(json: string): string {
  return json.replace(harmfulInJson, (character) => `\\u${hex(character, 4)}`);
}

function escaped(character: string): string {
  return character.charCodeAt(0) < 0x100 ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}
