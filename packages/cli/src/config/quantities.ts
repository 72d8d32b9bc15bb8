const sizeUnits: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
};

/** Bytes: `1048576`, `512MiB`, `10GB`, `1.5G`. Undefined when it is none. */
export function parseSize(text: string): number | undefined {
  const [, number = "", unit = ""] = /^(\d{1,15}(?:\.\d{1,6})?) ?([a-z]{0,3})$/iu.exec(text) ?? [];
  const factor = sizeUnits[unit.toLowerCase()];
  if (number === "" || factor === undefined) return undefined;
  const bytes = Math.round(Number(number) * factor);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds: `500ms`, `30s`, `15m`, `1h30m`. `0` is none at all. Undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(?:\d{1,9}(?:\.\d{1,6})?(?:ms|s|m|h))+$/u.test(text)) return undefined;
  let total = 0;
  for (const [, number, unit = ""] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/gu)) {
    total += Number(number) * (durationUnits[unit] ?? 0);
  }
  return Math.round(total);
}

/** A size as the Go command reads it: `5GB`, `1500KB`, `1073741824B`. */
export function sizeText(bytes: number): string {
  for (const unit of ["tb", "gb", "mb", "kb"]) {
    const factor = sizeUnits[unit] ?? 1;
    if (bytes > 0 && bytes % factor === 0) return `${String(bytes / factor)}${unit.toUpperCase()}`;
  }
  return `${String(bytes)}B`;
}

/** A duration as both commands read it: `15m`, `1h30m`, `500ms`. */
export function durationText(milliseconds: number): string {
  if (milliseconds === 0) return "0s";
  let rest = milliseconds;
  let text = "";
  for (const unit of ["h", "m", "s", "ms"]) {
    const factor = durationUnits[unit] ?? 1;
    const count = Math.floor(rest / factor);
    rest -= count * factor;
    if (count > 0) text += `${String(count)}${unit}`;
  }
  return text;
}
