import { messageText } from "@blob/core/text";

/** Query parameters of the distribution API and of token requests that are not secret. */
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

/** A URL for messages and logs, without values that may be secret: whoever has a signed query can use it. */
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
 * A text from a registry, without anything that looks like a secret: some registries repeat the request in their
 * answers, and messages are shown and logged.
 *
 * @param known Secrets of the request itself, which may look like anything.
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

/**
 * Removes the longest secrets first, so that nothing remains of one that contains another. To be done before a text is
 * shortened, which could leave a part of a secret.
 */
export function withoutKnown(text: string, known: readonly string[]): string {
  const longestFirst = known.toSorted((one, other) => other.length - one.length);
  return longestFirst.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
}
