import { cacheNames } from "./config.js";

/** What may stand at a place of the configuration file. */
export type Schema =
  | {
      readonly kind: "text";
      readonly pattern?: RegExp;
      readonly means: string;
      /** Whether empty text is the same as no key at all. */
      readonly blank?: boolean;
    }
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "boolean" }
  | { readonly kind: "size" }
  | { readonly kind: "duration" }
  | { readonly kind: "count" }
  | {
      readonly kind: "object";
      readonly keys: Readonly<Record<string, Schema>>;
      readonly required?: readonly string[];
      /** Other spellings of keys, which the Go command writes or reads. */
      readonly spellings?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "map"; readonly keyPattern: RegExp; readonly keyMeans: string; readonly value: Schema }
  | { readonly kind: "list"; readonly item: Schema }
  /** A mapping that somebody else checks. */
  | { readonly kind: "foreign" };

/** Letters, digits and `._-`: nothing that a reference would have. */
export const aliasName: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/u;

const enabled: Schema = { kind: "object", keys: { enabled: { kind: "boolean" } } };

const file: Schema = { kind: "text", pattern: /^[^\0]{1,4096}$/u, means: "a file" };
const variable: Schema = {
  kind: "text",
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/u,
  means: "the name of a variable",
};

const registry: Schema = {
  kind: "object",
  keys: {
    plain_http: { kind: "boolean" },
    ca_file: file,
    insecure: { kind: "boolean" },
    client_cert: file,
    client_key: file,
    mirrors: {
      kind: "list",
      item: {
        kind: "text",
        pattern: /^(?:https?:\/\/)?[^\s/@?#]+(?:\/[^\s@?#]*)?$/u,
        means: "a mirror: host, host:port/prefix or https://host",
      },
    },
    mirror_tags: { kind: "boolean" },
    username_from: variable,
    password_from: variable,
  },
};

/** The whole file. */
export const configSchema: Schema = {
  kind: "object",
  keys: {
    output: { kind: "choice", choices: ["text", "json"] },
    compression: { kind: "choice", choices: ["none", "zstd"] },
    chunking: { kind: "choice", choices: ["fixed", "content", "none"] },
    plain_http: { kind: "boolean" },
    verbose: { kind: "count" },
    quiet: { kind: "boolean" },
    no_color: { kind: "boolean" },
    cache: {
      kind: "object",
      keys: {
        enabled: { kind: "boolean" },
        dir: { kind: "text", pattern: /./u, means: "a directory", blank: true },
        max_size: { kind: "size" },
        ref_ttl: { kind: "duration" },
        ...Object.fromEntries(cacheNames.map((name) => [name, enabled])),
      },
      spellings: { maxsize: "max_size", refttl: "ref_ttl" },
    },
    registries: {
      kind: "map",
      keyPattern: /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/u,
      keyMeans: "a registry: host or host:port, in small letters",
      value: registry,
    },
    aliases: {
      kind: "map",
      keyPattern: aliasName,
      keyMeans: "an alias: letters, digits, '.', '_' and '-'",
      value: { kind: "text", pattern: /^[^\s\p{Cc}]{1,4096}$/u, means: "a reference" },
    },
    policy_default: { kind: "choice", choices: ["allow", "refuse"] },
    policies: {
      kind: "list",
      item: {
        kind: "object",
        keys: {
          match: { kind: "text", pattern: /^.{1,4096}$/u, means: "a regular expression" },
          policy: { kind: "foreign" },
        },
        required: ["match", "policy"],
      },
    },
  },
  spellings: {
    plainhttp: "plain_http",
    "plain-http": "plain_http",
    nocolor: "no_color",
    "no-color": "no_color",
  },
};

/** Our spelling of a key. */
export function keyOf(name: string, schema: Schema): string {
  if (schema.kind !== "object" || schema.spellings === undefined) return name;
  return Object.hasOwn(schema.spellings, name) ? (schema.spellings[name] ?? name) : name;
}

/** What may stand at a key, in whichever spelling. Undefined for a key that the mapping cannot have. */
export function schemaAt(name: string, schema: Schema): Schema | undefined {
  if (schema.kind === "map") return schema.value;
  const key = keyOf(name, schema);
  return schema.kind === "object" && Object.hasOwn(schema.keys, key) ? schema.keys[key] : undefined;
}
