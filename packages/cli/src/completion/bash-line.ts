/** What stands before the cursor on a line of bash, as words. */
export interface BashLine {
  /** The words that are finished, without quotes; the first one is the command. */
  readonly words: readonly string[];
  /** The word at the cursor, without quotes. */
  readonly current: string;
  /** How much of `current` bash leaves as it is: it completes what follows a quote or a word break such as `:`. */
  readonly kept: number;
  /** The quote that is open at the cursor, or "". */
  readonly quote: Quote;
}

export type Quote = "" | "'" | '"';

/**
 * Splits a line as bash does for completion. Nothing is expanded: `$(…)`, variables and globs are plain text.
 * `breaks` is `COMP_WORDBREAKS`: characters at which bash begins a new thing to complete, although they end no word.
 */
export function parseBashLine(line: string, breaks: string): BashLine {
  const words: string[] = [];
  let current: string | undefined;
  // Where the last word break of the current word ends, and where its last quote began.
  let afterBreak = 0;
  let afterQuote = 0;
  let quote: Quote = "";
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    const next = line.charAt(at + 1);
    if (quote === "'") {
      if (character === "'") quote = "";
      else current += character;
    } else if (character === "\\") {
      // What follows is plain; within double quotes only what would mean something.
      current ??= "";
      if (quote === "" || '"\\$`'.includes(next)) {
        current += next;
        at += 1;
      } else {
        current += character;
      }
    } else if (quote === '"') {
      if (character === '"') quote = "";
      else current += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      current ??= "";
      afterQuote = current.length;
    } else if (/\s/u.test(character)) {
      if (current !== undefined) words.push(current);
      current = undefined;
      afterBreak = 0;
    } else {
      current = (current ?? "") + character;
      if (breaks.includes(character)) afterBreak = current.length;
    }
  }
  return { words, current: current ?? "", kept: quote === "" ? afterBreak : afterQuote, quote };
}

/** `text` as bash reads it back literally at a place where `quote` is open. */
export function quoteForBash(text: string, quote: Quote): string {
  switch (quote) {
    case "'":
      return text.replaceAll("'", String.raw`'\''`);
    case '"':
      // A `!` means history, even after a backslash: it stands outside of the quotes.
      return text.replace(/["\\$`]/gu, String.raw`\$&`).replaceAll("!", String.raw`"\!"`);
    case "":
      return text.replace(/[^\w./:@%+,=\u{80}-\u{10ffff}-]/gu, String.raw`\$&`);
  }
}
