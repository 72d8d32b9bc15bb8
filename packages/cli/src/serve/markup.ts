import { printableLines } from "@blob/core/text";

/** Markup that is safe to send as it is. Only this file makes it, out of templates and escaped text. */
export class Html {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

type Part = Html | string | number | readonly Part[] | undefined;

/** A template of markup. What is put into it is escaped, unless it is markup itself. */
export function markup(template: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(template.map((text, at) => text + markupOf(parts[at])).join(""));
}

function markupOf(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.source;
  if (typeof part === "object") return part.map(markupOf).join("");
  return escapeHtml(String(part));
}

/**
 * Text for an element or a quoted attribute. What a terminal would obey, or what turns the direction of text, which can
 * make one name look like another, is shown as its code, as it is on a terminal.
 */
export function escapeHtml(text: string): string {
  const shown = printableLines(text);
  // Most texts need no more, and there are very many of them.
  if (!/[&<>"']/u.test(shown)) return shown;
  return shown.replaceAll(/[&<>"']/gu, (character) => `&#${String(character.charCodeAt(0))};`);
}
