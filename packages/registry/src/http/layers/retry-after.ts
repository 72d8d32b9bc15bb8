/** Units of Go durations, which GHCR uses: `Retry-After: 1.16676ms`. */
const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * How long a `Retry-After` header asks to wait, in milliseconds from `now`: seconds or a date (RFC 9110, 10.2.3), or a
 * Go duration, which some registries send by mistake. Undefined when it makes no sense.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (text === "" || text.length > 100) return undefined;
  if (/^\d+(?:\.\d+)?$/u.test(text)) return Number(text) * 1000;
  const duration = parseGoDuration(text);
  if (duration !== undefined) return duration;
  // Date.parse also accepts texts that are not dates, such as "-5" and "1e3".
  if (!/[A-Za-z]{3}/u.test(text) && !/^\d{4}-\d\d-\d\dT/u.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function parseGoDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h))+$/u.test(text)) return undefined;
  let total = 0;
  for (const [, value, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/gu)) {
    total += Number(value) * (units[unit ?? ""] ?? 0);
  }
  return total;
}
