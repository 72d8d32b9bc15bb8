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
 * Text for an element or a quoted attribute. Characters that turn the direction of text, which can make one name look like
 * another, are shown as their code.
 */
export function escapeHtml(text: string): string {
  // Most texts need none of it, and there are very many of them.
  if (!/[\u202a-\u202e\u2066-\u2069&<>"']/u.test(text)) return text;
  return text
    .replaceAll(/[\u202a-\u202e\u2066-\u2069]/gu, (c) => `\\u${c.charCodeAt(0).toString(16)}`)
    .replaceAll(/[&<>"']/gu, (character) => `&#${String(character.charCodeAt(0))};`);
}
