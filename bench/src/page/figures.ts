import type { GrowthResult, Unit } from "./result.js";

/** Three digits that count, never an exponent. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const decimals = Math.max(0, Math.min(4, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return value.toFixed(decimals);
}

export function figure(value: number, unit: Unit): string {
  return `${digits(value)} ${unit}`.replace(" /s", "/s");
}

export function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? "" : `${(bytes / 1e6).toFixed(0)} MB`;
}

export function ratio(value: number): string {
  return `${value.toFixed(2)} ×`;
}

/** `200,000`, `6 GiB`, `50 ms` */
export function axisLabel(at: number, axis: GrowthResult["axis"]): string {
  if (axis === "bytes") return at >= 2 ** 30 ? `${String(at / 2 ** 30)} GiB` : `${String(at / 2 ** 20)} MiB`;
  return axis === "milliseconds" ? `${String(at)} ms` : at.toLocaleString("en");
}
