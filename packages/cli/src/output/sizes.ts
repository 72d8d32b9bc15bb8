const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** A size for people: `0 B`, `1023 B`, `1.5 KiB`, `512.0 MiB`. */
export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1023.95 would be rounded to 1024.0: that is the next unit's.
  while (value >= (unit === 0 ? 1024 : 1023.95) && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? String(value) : value.toFixed(1)} ${units[unit] ?? "B"}`;
}

/** An integer with commas between thousands, without the milliseconds that a locale takes when it is loaded. */
export function groupedNumber(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/gu, ",");
}

/** `1 file`, `2 files`: a number of things, in words that people would use. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${String(number)} ${number === 1 ? one : many}`;
}
