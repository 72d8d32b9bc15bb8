import type { OutputFormat } from "../output/output.js";

export const cacheNames = ["content", "blocks", "refs", "manifests", "indexes"] as const;
export type CacheName = (typeof cacheNames)[number];

/** What the configuration file says. Whatever it leaves out is undefined. */
export interface Config {
  readonly output?: OutputFormat;
  readonly compression?: "none" | "zstd";
  /** How large files are cut into chunks. */
  readonly chunking?: "fixed" | "content" | "none";
  readonly plain_http?: boolean;
  /** As many `-v`. */
  readonly verbose?: number;
  readonly quiet?: boolean;
  readonly no_color?: boolean;
  readonly cache?: CacheConfig;
  /** Short names for references. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly policies?: readonly PolicyRule[];
  /** Whether what no rule is about may be read. Default `allow`. */
  readonly policy_default?: "allow" | "refuse";
}

export interface CacheConfig extends Readonly<Partial<Record<CacheName, { readonly enabled?: boolean }>>> {
  readonly enabled?: boolean;
  readonly dir?: string;
  /** Bytes, as in `512MiB`. */
  readonly max_size?: number;
  /** Milliseconds, written as in `15m`. */
  readonly ref_ttl?: number;
}

/** A policy for the references that `match` is found in. */
export interface PolicyRule {
  /** A regular expression that is searched for in the reference, in whatever way it is written. */
  readonly match: string;
  /** As a policy file holds it; `@blob/sigstore-policy` checks it. */
  readonly policy: Readonly<Record<string, unknown>>;
  /** Where the rule stands, for messages. */
  readonly place: string;
}

/** The configuration of one run, and where it came from. */
export interface LoadedConfig {
  /** Undefined when nobody named one and there is no home directory. */
  readonly file: string | undefined;
  /** False when there is no such file: everything has its default. */
  readonly exists: boolean;
  readonly config: Config;
}
