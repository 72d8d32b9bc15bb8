import { printableLines } from "@blob/core/text";

/** What is shown at once: what is harmless takes no time, but a file may be nothing but control characters. */
const pieceBytes = 64 * 1024;

/**
 * The content of a file for a terminal, as text: control characters are shown instead of obeyed, and bytes that are no
 * UTF-8 as U+FFFD. Wherever chunks end, characters and ends of lines are what they are in the whole.
 */
export async function* terminalText(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  // A mark of the order of bytes is a character like others: it is shown.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  // Whether a carriage return ends a line is only known with what follows.
  let held = "";
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      const text = held + decoder.decode(chunk.subarray(at, at + pieceBytes), { stream: true });
      held = text.endsWith("\r") ? "\r" : "";
      yield printableLines(text.slice(0, text.length - held.length));
    }
  }
  yield printableLines(held + decoder.decode());
}
