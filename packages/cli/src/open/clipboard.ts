/** More is refused by terminals. */
const longestText = 70_000;

/**
 * What makes a terminal put a text into the clipboard (OSC 52); `undefined` for one that should not be pasted anywhere:
 * with control characters in it, a shell could run what follows a newline.
 */
export function clipboardSequence(text: string): string | undefined {
  if (/\p{Cc}/u.test(text) || text.length > longestText) return undefined;
  return `\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`;
}
