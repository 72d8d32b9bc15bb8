import { parse } from "smol-toml";
import { HostFileError } from "./host-file-error.js";

/** A table of a TOML file. */
export type Table = Readonly<Record<string, unknown>>;

/** @throws HostFileError with file and line. */
export function parseToml(text: string, file: string): Table {
  try {
    return parse(text);
  } catch (error) {
    const line: unknown = error instanceof Error ? Reflect.get(error, "line") : undefined;
    const why = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : "it is not TOML";
    throw new HostFileError(typeof line === "number" ? `${file}:${String(line)}` : file, why);
  }
}

export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** A text, or several. */
export function textsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? (value as readonly unknown[]) : [value]).filter(
    (one): one is string => typeof one === "string",
  );
}
