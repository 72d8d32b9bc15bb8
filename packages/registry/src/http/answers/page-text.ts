import { messageText } from "@blob/core/text";
import { redactText, withoutKnown } from "../layers/redact.js";

/** What a page says first is in here; a script may come before it. */
const maxSourceLength = 8192;

/** As much as helps to recognise a page. */
const maxWordsLength = 120;

/** Nothing longer fits into a header. */
const longestSecret = 16 * 1024;

/** Types whose bodies are meant for people. Without a type, plain servers send a plain sentence. */
const readable: ReadonlySet<string | undefined> = new Set([
  undefined,
  "text/plain",
  "text/html",
  "application/xhtml+xml",
  // What is none is a sentence of whoever calls everything so.
  "application/json",
]);

/** Whether a body is something for a browser. Registries exist that call everything HTML, so the type alone tells nothing. */
export function isPageText(text: string, contentType: string | undefined): boolean {
  const start = text.slice(0, maxSourceLength).trimStart();
  if (/^<(?:!doctype\s+html|html|head|body)\b/iu.test(start)) return true;
  return start.startsWith("<") && (contentType === "text/html" || contentType === "application/xhtml+xml");
}

/**
 * The first words of a text or a page, fit for a message; "" of anything else. Nothing that was sent as a secret is left of
 * them, however the text writes it: in doubt they are dropped.
 */
export function wordsOf(
  { text, isCut }: { readonly text: string; readonly isCut: boolean },
  contentType: string | undefined,
  secrets: readonly string[],
): string {
  if (!readable.has(contentType)) return "";
  if (/^\s*(?:[[{]|<\?xml|<error)/iu.test(text.slice(0, maxSourceLength))) return "";
  // Once as it is written, so that no tag inside of a secret cuts it in two, and once as it is meant.
  const hidden = withoutKnown(text, secrets);
  // Where the text was cut, half a secret may stand.
  const source = (isCut ? hidden.slice(0, -longestSecret) : hidden).slice(0, maxSourceLength);
  const plain = isPageText(text, contentType) ? plainText(source) : source.trim();
  const squeezed = squeeze(withoutKnown(plain, secrets));
  const isOddlyWritten = secrets.some((secret) => {
    const letters = squeeze(secret);
    return letters !== "" && squeezed.includes(letters);
  });
  return isOddlyWritten ? "" : messageText(redactText(plain, secrets), maxWordsLength);
}

/** What a browser would show of a page. Text only: the result is never taken for a page again. */
function plainText(html: string): string {
  return html
    .replaceAll(/<(script|style|svg|noscript)\b[\s\S]*?(?:<\/\1\s*>|$)/giu, " ")
    .replaceAll(/<!--[\s\S]*?(?:-->|$)/gu, " ")
    .replaceAll(/<[^>]*(?:>|$)/gu, " ")
    .replaceAll(/&(?:lt|#0*60);/giu, "<")
    .replaceAll(/&(?:gt|#0*62);/giu, ">")
    .replaceAll(/&(?:quot|#0*34);/giu, '"')
    .replaceAll(/&(?:apos|#0*39|#x27);/giu, "'")
    .replaceAll(/&nbsp;/giu, " ")
    .replaceAll(/&(?:amp|#0*38);/giu, "&")
    .replaceAll(/\s+/gu, " ")
    .trim();
}

function squeeze(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
}
