/** Longer texts from outside are cut in messages. */
const maxLength = 300;

/**
 * A text from outside, fit for a message: control characters, bidirectional overrides (which could rewrite what a terminal
 * shows) and halves of characters replaced, and cut to a length that a person reads.
 */
export function messageText(text: string, limit: number = maxLength): string {
  const clean = text
    .slice(0, limit * 2)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();
  return clean.length > limit ? `${clean.slice(0, limit)}…` : clean;
}
