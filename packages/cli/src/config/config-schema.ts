import { cacheNames } from "./config.js";

/** What may stand at a place of the configuration file. */
export type Schema =
  | { readonly kind: "text"; readonly pattern?: RegExp; readonly means: string }
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "boolean" }
  | { readonly kind: "size" }
  | { readonly kind: "duration" }
  | {
      readonly kind: "object";
      readonly keys: Readonly<Record<string, Schema>>;
      readonly required?: readonly string[];
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
    cache: {
      kind: "object",
      keys: {
        enabled: { kind: "boolean" },
        dir: { kind: "text", pattern: /./u, means: "a directory" },
        max_size: { kind: "size" },
        ref_ttl: { kind: "duration" },
        ...Object.fromEntries(cacheNames.map((name) => [name, enabled])),
      },
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
};
