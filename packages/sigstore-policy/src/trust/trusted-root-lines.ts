import { textOfBytes } from "@blob/core/text";
import { PolicyError } from "../errors.js";
import { isJsonObject, parseStrictJson, type JsonObject } from "../verify/strict-json.js";

/** The public instance's and GitHub's own, and room for others. */
const maxRoots = 32;

/** What a trusted root consists of. */
const lists = ["tlogs", "certificateAuthorities", "ctlogs", "timestampAuthorities"] as const;

/**
 * A file of a trusted root as the document that it has. Several documents, one a line, become one with the authorities and
 * logs of all of them. What is no such thing is returned as it is, for whoever checks the document.
 */
export function asOneDocument(bytes: Uint8Array, what: string): Uint8Array {
  const isMarked = bytes[0] === 0xff || bytes[0] === 0xfe || bytes[0] === 0xef;
  const text = textOfBytes(bytes);
  const document = isMarked ? Buffer.from(text) : bytes;
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length < 2 || isJson(text)) return document;
  if (lines.length > maxRoots) {
    throw new PolicyError("TrustUnavailable", `${what} has more than ${maxRoots} lines, and is not JSON`);
  }
  const roots = lines.map((line, at) => rootOf(line, `line ${at + 1} of ${what}`));
  const merged = Object.fromEntries(lists.map((name) => [name, roots.flatMap((root) => listOf(root, name))]));
  return Buffer.from(JSON.stringify({ mediaType: roots[0]?.["mediaType"], ...merged }));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function rootOf(line: string, what: string): JsonObject {
  try {
    const root = parseStrictJson(Buffer.from(line), what);
    if (
      isJsonObject(root) &&
      /^application\/vnd\.dev\.sigstore\.trustedroot\b/u.test(String(root["mediaType"]))
    )
      return root;
  } catch (cause) {
    throw new PolicyError("TrustUnavailable", `${what} is not JSON`, { cause });
  }
  throw new PolicyError("TrustUnavailable", `${what} is not a trusted root`);
}

function listOf(root: JsonObject, name: string): readonly unknown[] {
  const list = root[name];
  return Array.isArray(list) ? list : [];
}
