/**
 * The text of a file or stream that somebody wrote: UTF-8, or UTF-16 where a byte order mark says so, as Windows PowerShell
 * writes files. The mark is no part of the text. What is no UTF-8 becomes U+FFFD, as with `Buffer.toString`.
 */
export function textOfBytes(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}
