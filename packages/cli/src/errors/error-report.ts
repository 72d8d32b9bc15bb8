import type { Circumstances } from "./circumstances.js";
import { colored } from "../output/color.js";
import { errorCodeOf, exitCodeOf, exitCodes } from "./exit-code.js";
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
      ...facts.flatMap(([name, key, type]) => {
        const value = field(error, name);
        return typeof value === type && value !== "" ? [[key, value] as const] : [];
      }),
      ...sourceOf(error, circumstances),
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

/** Fields of errors, what they are called in JSON, and their type. */
const facts = [
  ["reference", "reference", "string"],
  ["path", "path", "string"],
  ["digest", "digest", "string"],
  ["host", "host", "string"],
  ["status", "status", "number"],
  ["complaint", "complaint", "string"],
  ["reason", "reason", "string"],
  ["retryAfterMs", "retry_after_ms", "number"],
  ["credentialsSent", "credentials_sent", "boolean"],
] as const;

/** Where the credentials for the host concerned came from, of a refusal. */
function sourceOf(error: unknown, { credentialSources }: Circumstances): (readonly [string, string])[] {
  const host = field(error, "host");
  const source = typeof host === "string" ? credentialSources.get(host) : undefined;
  return source === undefined || exitCodeOf(error) !== exitCodes.authentication ? [] : [["source", source]];
}

/** Fields of errors that are lists of names, and what they are called in JSON. */
const lists = [
  ["tagged", "tagged"],
  ["notTagged", "not_tagged"],
  ["candidates", "candidates"],
] as const;
