import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { nearest } from "../errors/nearest.js";
import type { Config } from "./config.js";
import { ConfigError } from "./config-error.js";
import type { Schema } from "./config-schema.js";
import { configSchema, keyOf, schemaAt } from "./config-schema.js";
import { withoutBlanks } from "./blank-policy-values.js";
import { parseDuration, parseSize } from "./quantities.js";

/** Reads a configuration file's text. @throws ConfigError with the line of whatever does not belong there. */
export function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter();
  // No aliases and no merge keys: nothing that could make a small file large.
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: "core",
    uniqueKeys: true,
    prettyErrors: false,
  });
  const at = (offset: number): string => `${file}:${String(lines.linePos(offset).line)}`;
  const place: Place = (node) => (isNode(node) && node.range ? at(node.range[0]) : file);
  const [error] = document.errors;
  if (error !== undefined) throw new ConfigError(at(error.pos[0]), error.message);
  if (document.contents === null) return {};
  const config = checked(document.contents, configSchema, "", place);
  if (!isConfig(config)) throw new ConfigError(file, "the file has to be a mapping");
  return config;
}

/** All that `configSchema` says was checked before. */
function isConfig(value: unknown): value is Config {
  return typeof value === "object" && value !== null;
}

/** File and line of a node. */
type Place = (node: unknown) => string;

/** The value of a node that is as its schema says. */
function checked(node: unknown, schema: Schema, at: string, place: Place): unknown {
  const fail = (means: string): ConfigError =>
    new ConfigError(place(node), `${at === "" ? "the file" : at} has to be ${means}`);
  switch (schema.kind) {
    case "object":
    case "map":
      return checkedMap(node, schema, at, place);
    case "list":
      if (!isSeq(node)) throw fail("a list");
      return node.items.map((item, index) => checked(item, schema.item, `${at}[${String(index)}]`, place));
    case "foreign":
      if (!isMap(node)) throw fail("a mapping");
      return withoutBlanks(plain(node, at, place));
    case "text": {
      const value = isScalar(node) ? node.value : undefined;
      if (typeof value !== "string" || schema.pattern?.test(value) === false) throw fail(schema.means);
      return value;
    }
    case "choice": {
      const value = isScalar(node) ? node.value : undefined;
      if (typeof value !== "string" || !schema.choices.includes(value))
        throw fail(schema.choices.join(" or "));
      return value;
    }
    case "boolean": {
      const value = isScalar(node) ? node.value : undefined;
      if (typeof value !== "boolean") throw fail("true or false");
      return value;
    }
    case "count": {
      const value = isScalar(node) ? node.value : undefined;
      if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 100) {
        throw fail("a whole number");
      }
      return value;
    }
    case "size":
      return quantity(node, parseSize) ?? raise(fail("a size, such as 512MiB"));
    case "duration":
      return quantity(node, parseDuration) ?? raise(fail("a duration, such as 15m"));
  }
}

function checkedMap(
  node: unknown,
  schema: Schema & { kind: "object" | "map" },
  at: string,
  place: Place,
): unknown {
  if (!isMap(node)) {
    throw new ConfigError(place(node), `${at === "" ? "the file" : at} has to be a mapping`);
  }
  const entries = new Map<string, unknown>();
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : "";
    const where = place(key);
    const inner = schemaAt(name, schema);
    const own = keyOf(name, schema);
    const path = at === "" ? name : `${at}.${name}`;
    if (inner === undefined) throw new ConfigError(where, unknownKey(path, name, schema));
    if (schema.kind === "map" && !schema.keyPattern.test(name)) {
      throw new ConfigError(where, `${path} is not ${schema.keyMeans}`);
    }
    if (entries.has(own)) throw new ConfigError(where, `${path} is there twice: ${own} is the same setting`);
    entries.set(own, isBlank(value, inner) ? undefined : checked(value, inner, path, place));
  }
  for (const name of (schema.kind === "object" && schema.required) || []) {
    if (entries.get(name) === undefined) throw new ConfigError(place(node), `${at} has no ${name}`);
  }
  // A rule carries its place, so that whoever builds the policy can say where it stands.
  if (at.startsWith("policies[")) entries.set("place", place(node));
  for (const [name, value] of entries) if (value === undefined) entries.delete(name);
  return Object.fromEntries(entries);
}

/** The Go command writes every key: what nobody set is null or empty. Such a key is as good as none. */
function isBlank(node: unknown, schema: Schema): boolean {
  if (node !== null && !isScalar(node)) return false;
  const value = node === null ? null : node.value;
  switch (schema.kind) {
    case "object":
    case "map":
    case "list":
    case "boolean":
      return value === null;
    case "size":
    case "duration":
      return value === "";
    case "text":
      return value === "" && schema.blank === true;
    case "choice":
    case "count":
    case "foreign":
      return false;
  }
}

function unknownKey(path: string, name: string, schema: Schema & { kind: "object" | "map" }): string {
  const near = schema.kind === "object" ? nearest(name, Object.keys(schema.keys)) : undefined;
  return `unknown key ${path}${near === undefined ? "" : ` (did you mean ${near}?)`}`;
}

function quantity(node: unknown, parse: (text: string) => number | undefined): number | undefined {
  const value = isScalar(node) ? node.value : undefined;
  return typeof value === "string" || typeof value === "number" ? parse(String(value)) : undefined;
}

/** Scalars, lists and mappings as they are: no YAML alias, which could refer to itself. */
function plain(node: unknown, at: string, place: Place): unknown {
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map((item, index) => plain(item, `${at}[${String(index)}]`, place));
  if (isMap(node)) {
    return Object.fromEntries(
      node.items.map(({ key, value }) => {
        const name = isScalar(key) ? String(key.value) : "";
        return [name, plain(value, `${at}.${name}`, place)];
      }),
    );
  }
  if (node === null) return null;
  throw new ConfigError(place(node), `${at} is a YAML alias, which this file cannot have`);
}

function raise(error: Error): never {
  throw error;
}
