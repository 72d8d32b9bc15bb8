import { messageText } from "@blob/core/text";

/** Parameters of the distribution API and of token requests that are no secrets. */
const shown: ReadonlySet<string> = new Set([
  "artifactType",
  "digest",
  "from",
  "last",
  "mount",
  "n",
  "scope",
  "service",
]);

/** Whether the value of a query parameter may be shown. */
export function isShownParameter(name: string): boolean {
  return shown.has(name);
}

/** A URL for messages and logs: signed queries are bearer credentials. */
export function redactUrl(url: URL): string {
  const shownQuery = [...url.searchParams].map(
    ([name, value]) => `${name}=${isShownParameter(name) ? value : "…"}`,
  );
  return messageText(
    `${url.origin}${url.pathname}${shownQuery.length === 0 ? "" : `?${shownQuery.join("&")}`}`,
    1000,
  );
}

/**
 * A text from a registry without anything that looks like a secret: some echo the request, and whoever sees the message
 * must not be able to repeat it.
 *
 * @param known Secrets of the request, which do not have to look like any.
 */
export function redactText(text: string, known: readonly string[] = []): string {
  return messageText(
    withoutKnown(text, known)
      .slice(0, 4000)
      .replaceAll(/\b(bearer|basic)(\s+)[^\s"',]{6,}/giu, "$1$2…")
      .replaceAll(/\b(token|password|secret|authorization)(["']?\s*[:=]\s*)[^\s,]+/giu, "$1$2…")
      .replaceAll(/\?[^\s"'<>]+/gu, "?…")
      .replaceAll(/[A-Za-z0-9+/_=.~-]{40,}/gu, (run) => (/^[0-9a-f]+$/u.test(run) ? run : "…")),
  );
}

/** The longest first, so that nothing is left of one that has another in it. Before the text is cut: not in the middle. */
export function withoutKnown(text: string, known: readonly string[]): string {
  const longestFirst = known.toSorted((one, other) => other.length - one.length);
  return longestFirst.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
}
