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
