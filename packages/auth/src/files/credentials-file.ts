import { AuthError } from "../errors.js";
import { findJsonError } from "./json-position.js";
import { readText } from "./read-text.js";

/** Docker's and podman's files have the same shape. */
export interface CredentialsFile {
  readonly file: string;
  /** By registry key; each entry is checked when it is used, so that a bad one does no harm to the others. */
  readonly auths: ReadonlyMap<string, unknown>;
  /** Helper names by registry key; the empty name means: no helper for this registry. */
  readonly credHelpers: ReadonlyMap<string, unknown>;
  /** The helper for all registries, unless empty. */
  readonly credsStore: string;
  /** Every member of the file, these and others, for those who write it back. */
  readonly members: ReadonlyMap<string, unknown>;
}

/** Reads a file; undefined when there is none. Throws `UnreadableCredentialsFile` or `InvalidCredentialsFile`. */
export async function readCredentialsFile(
  file: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<CredentialsFile | undefined> {
  const text = await readText(file, { signal });
  return text === undefined ? undefined : parseCredentialsFile(text, file);
}

/**
 * Checks the outer shape of a text; `file` stands for where it is in messages. Throws `InvalidCredentialsFile`. What is not
 * there, or null, is empty. An empty file (`/dev/null`, too) has no credentials.
 */
export function parseCredentialsFile(text: string, file: string): CredentialsFile {
  const root = parseJsonObject(text, file);
  const credsStore = root.get("credsStore") ?? "";
  if (typeof credsStore !== "string") throw malformed(file, "credsStore is not a string");
  return {
    file,
    auths: memberObject(root, "auths", file),
    credHelpers: memberObject(root, "credHelpers", file),
    credsStore,
    members: root,
  };
}

/** The members of the JSON object in a file, empty for an empty file. Throws `InvalidCredentialsFile` with the position. */
function parseJsonObject(text: string, file: string): Map<string, unknown> {
  if (text.trim() === "") return new Map();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const { line, column } = findJsonError(text) ?? { line: 1, column: 1 };
    // No cause: the parser's message quotes the text, which may be a password.
    throw malformed(file, `no valid JSON at line ${line}, column ${column}`);
  }
  const members = asMembers(value);
  if (members === undefined) throw malformed(file, "line 1 does not begin a JSON object");
  return members;
}

/** An object's own members, whatever their names; undefined for anything but an object. */
export function asMembers(value: unknown): Map<string, unknown> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value));
}

export function malformed(file: string, problem: string): AuthError {
  return new AuthError(
    "InvalidCredentialsFile",
    `${file} is not a usable credentials file: ${problem}. Correct or remove it`,
    {
      file,
    },
  );
}

function memberObject(root: Map<string, unknown>, name: string, file: string): Map<string, unknown> {
  const members = asMembers(root.get(name) ?? {});
  if (members === undefined) throw malformed(file, `${name} is not an object`);
  return members;
}
