/** More marks on one character than any script needs pile up over the neighbouring lines. */
const hiddenOrHarmful = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?<=\p{M}{4})\p{M}/gu;

/**
 * Text from an archive, for a full screen: control characters, escape sequences, characters that turn the direction of
 * text and ones that nobody can see are shown as escapes. What is left is as wide as it is measured.
 */
export function visibleText(text: string): string {
  if (/^[\x20-\x7e]*$/u.test(text)) return text;
  const shown = text.replace(hiddenOrHarmful, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
  // A mark without a character would change whatever stands before the text.
  return /^\p{M}/u.test(shown) ? `◌${shown}` : shown;
}
