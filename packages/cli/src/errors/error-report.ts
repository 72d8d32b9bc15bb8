import type { Circumstances } from "./circumstances.js";
import { colored } from "../output/color.js";
import { errorCodeOf } from "./exit-code.js";
import { hintFor } from "./hints.js";
import { jsonLine } from "../output/json-text.js";
import type { OutputFormat } from "../output/output.js";
import { printable } from "@blob/core/text";

export interface ReportOptions {
  readonly format: OutputFormat;
  readonly color: boolean;
  readonly circumstances: Circumstances;
}

/** What a person, or with JSON a program, is told about the error that ended a command. One line and a hint. */
export function reportError(error: unknown, { format, color, circumstances }: ReportOptions): string {
  const code = errorCodeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const own = field(error, "hint");
  const hint = typeof own === "string" ? own : hintFor(error, circumstances);
  if (format === "json") {
    const about = Object.fromEntries([
      ...["reference", "path", "digest"].flatMap((name) => {
        const value = field(error, name);
        return typeof value === "string" ? [[name, value] as const] : [];
      }),
      ...lists.flatMap(([name, key]) => {
        const value = field(error, name);
        return Array.isArray(value) && value.length > 0 ? [[key, value] as const] : [];
      }),
    ]);
    return jsonLine({ error: { code, message, ...about, ...(hint === undefined ? {} : { hint }) } });
  }
  const line = `${colored(`error[${printable(code)}]:`, "red", color)} ${printable(message)}\n`;
  return hint === undefined ? line : `${line}${colored("hint:", "cyan", color)} ${printable(hint)}\n`;
}

function field(error: unknown, name: string): unknown {
  return typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;
}

/** Fields of errors that are lists of names, and what they are called in JSON. */
const lists = [
  ["tagged", "tagged"],
  ["notTagged", "not_tagged"],
  ["candidates", "candidates"],
] as const;
