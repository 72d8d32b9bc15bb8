import { Refusal } from "./refusal.js";

/** Parsed JSON that is an object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Deeper than any bundle, statement or log entry, and shallow enough for every recursion behind it. */
const maxDepth = 64;

/**
 * JSON that has one meaning: valid UTF-8, and no object that names a member twice, of which two readers might take
 * different ones.
 */
export function parseStrictJson(bytes: Uint8Array, what: string): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refusal(`${what} is not UTF-8`);
  }
  checkDepth(text, what);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal(`${what} is not JSON`);
  }
  checkNames(text, what);
  return value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;

function checkDepth(text: string, what: string): void {
  let depth = 0;
  for (const [token] of text.matchAll(tokens)) {
    if (token === "{" || token === "[") depth += 1;
    if (token === "}" || token === "]") depth -= 1;
    if (depth > maxDepth) throw new Refusal(`${what} is nested too deeply`);
  }
}

/** The text is known to be JSON: a string is a name when a colon follows it. */
function checkNames(text: string, what: string): void {
  const open: Set<unknown>[] = [];
  let last = "";
  for (const [token] of text.matchAll(tokens)) {
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const name: unknown = JSON.parse(last);
      const names = open.at(-1);
      if (names?.has(name) === true) throw new Refusal(`${what} names a member twice`);
      names?.add(name);
    }
    last = token;
  }
}
